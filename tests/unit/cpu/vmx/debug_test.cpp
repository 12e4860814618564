// Debug registers and IA32_DEBUGCTL across entries and exits. SDM 3C "Loading Guest Control
// Registers, Debug Registers, and MSRs", "Exit Qualification for Debug Exceptions".
#include <doctest/doctest.h>

#include "sim/isa/debug_registers.hpp"
#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::EntryControl;
using isa::ExitControl;
using isa::ExitReason;
namespace dr = isa::debug;
namespace fl = isa::flags;

constexpr u64 step_on_branches = isa::debugctl::BTF;

}  // namespace

TEST_CASE("a debug exception that leaves the guest changes nothing of the debug state") {
    VmxWorld w;
    w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::DB));
    w.use(EntryControl::load_debug_controls), w.use(ExitControl::save_debug_controls);
    SUBCASE("single step on branches") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::TF);
        w.set(F::GUEST_IA32_DEBUGCTL, step_on_branches);
        w.launch("nop\nnop\njmp a\nnop\na: hlt");
        CHECK(w.get(F::EXIT_QUALIFICATION) == dr::BS);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 5);
        CHECK(w.get(F::GUEST_IA32_DEBUGCTL) == step_on_branches);
        CHECK(w.get(F::GUEST_RFLAGS) == (fl::fixed | fl::TF));
    }
    SUBCASE("general detect") {
        w.set(F::GUEST_DR7, dr::dr7_fixed | dr::GD);
        w.launch("mov eax, dr0");
        CHECK(w.get(F::EXIT_QUALIFICATION) == dr::BD);
        CHECK(w.get(F::GUEST_DR7) == (dr::dr7_fixed | dr::GD));
    }
    CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    CHECK(w.m.cpu.dr[6] == dr::dr6_fixed);
    CHECK(w.m.cpu.dr[7] == dr::dr7_fixed);
    CHECK(w.m.cpu.msr.debugctl == 0);  // the host's
}

TEST_CASE("an entry loads DR7 without the bits that are fixed") {
    VmxWorld w;
    w.use(EntryControl::load_debug_controls), w.use(ExitControl::save_debug_controls);
    w.set(F::GUEST_DR7, 0xd802);
    w.launch("hlt");
    CHECK(w.get(F::GUEST_DR7) == (dr::dr7_fixed | 2));
}

TEST_CASE("a trap that MOV SS holds back waits in the guest-state area") {
    VmxWorld w;
    w.use(EntryControl::load_debug_controls);
    w.m.cpu.dr[1] = 0x10000;
    w.set(F::GUEST_DR7, dr::dr7_fixed | 4 | u64{0xf} << 20);  // DR1: four bytes, read or written
    w.write(guest_base + 0x10000, 0x10);
    w.launch("mov ss, [0x10000]\ncpuid");
    CHECK(w.reason() == u64(ExitReason::CPUID));
    CHECK(w.get(F::GUEST_PENDING_DEBUG_EXCEPTIONS) == (bit(12) | 2));
    CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == isa::interruptibility::MOV_SS);
}

}  // namespace ringside
