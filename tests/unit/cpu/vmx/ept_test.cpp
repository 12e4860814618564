// The EPT seen from the guest: violations and misconfigurations. SDM 3C "EPT Violations".
#include <doctest/doctest.h>

#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;

}  // namespace

TEST_CASE("EPT violations say what was wanted and what was allowed") {
    constexpr u64 linear_valid = bit(7), of_the_access = bit(8);
    constexpr u32 page = 0x10000;
    VmxWorld w;
    SUBCASE("a read of nothing") {
        w.map(page, 0);
        w.launch("mov eax, [0x10010]");
        CHECK(w.get(F::EXIT_QUALIFICATION) == (bit(0) | linear_valid | of_the_access));
    }
    SUBCASE("a write to a read-only page") {
        w.map(page, isa::ept::R | isa::ept::X);
        w.launch("mov [0x10010], eax");
        CHECK(w.get(F::EXIT_QUALIFICATION) ==
              (bit(1) | bit(3) | bit(5) | linear_valid | of_the_access));
    }
    SUBCASE("a fetch from a page without X") {
        w.map(page, isa::ept::R | isa::ept::W);
        w.launch("mov eax, 0x10010\njmp eax");
        CHECK(w.get(F::EXIT_QUALIFICATION) ==
              (bit(2) | bit(3) | bit(4) | linear_valid | of_the_access));
        CHECK(w.get(F::GUEST_RIP) == 0x10010);
    }
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == 0x10010);
    CHECK(w.get(F::GUEST_LINEAR_ADDRESS) == 0x10010);
}

TEST_CASE("accessed and dirty bits need EPT write permission for the guest's own page tables") {
    VmxWorld w;
    constexpr u32 guest_directory = 0x20000;
    w.write(guest_base + guest_directory, 0x83);  // guest linear 0 … 4 MiB, not accessed yet
    w.map(guest_directory, isa::ept::R);
    w.set(F::GUEST_CR0, isa::cr0::PE | isa::cr0::NE | isa::cr0::PG);
    w.set(F::GUEST_CR3, guest_directory);
    w.set(F::GUEST_CR4, isa::cr4::VMXE | isa::cr4::PSE);
    w.launch("hlt");
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == guest_directory);
    CHECK(w.get(F::EXIT_QUALIFICATION) == (bit(1) | bit(3) | bit(7)));
    CHECK(w.m.ram.read({guest_base + guest_directory}, 4) == 0x83);
    w.map(guest_directory, isa::ept::R | isa::ept::W);
    w.resume();
    CHECK(w.reason() == u64(ExitReason::HLT));
    CHECK(w.m.ram.read({guest_base + guest_directory}, 4) == 0xa3);
}

TEST_CASE("EPT misconfigurations are not violations") {
    VmxWorld w;
    SUBCASE("writable but not readable") { w.map(0x10000, isa::ept::W); }
    SUBCASE("an address beyond the physical-address width") {
        w.map(0x10000, isa::ept::R | isa::ept::W | bit(36));
    }
    w.launch("mov eax, [0x10000]");
    CHECK(w.reason() == u64(ExitReason::EPT_MISCONFIGURATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == 0x10000);
}

}  // namespace ringside
