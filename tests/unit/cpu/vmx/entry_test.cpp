// VM entries that fail: the channel of the failure. SDM 3C "VM Entries".
#include <doctest/doctest.h>

#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;

}  // namespace

TEST_CASE("a VM entry fails in the channel of the broken rule") {
    VmxWorld w;
    SUBCASE("a control that is not offered: error 7") {
        w.add(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
              cap::b(isa::ProcBased2::enable_VPID));
        w.launch("hlt");
        CHECK_FALSE(w.left_guest());
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 7);
    }
    SUBCASE("host state: error 8") {
        w.set(F::HOST_CS_SELECTOR, 0);
        w.launch("hlt");
        CHECK_FALSE(w.left_guest());
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 8);
    }
    SUBCASE("guest state: an exit with reason 33 and bit 31, and the VMCS stays clear") {
        w.set(F::VMCS_LINK_POINTER, 0x100);
        w.launch("hlt");
        CHECK(w.left_guest());
        CHECK(w.reason() == (33u | isa::entry_failure));
        CHECK(w.get(F::EXIT_QUALIFICATION) == 4);
        CHECK_FALSE(w.m.cpu.vmx.non_root);
        CHECK_FALSE(w.vmcs.launched(w.m.ram));
    }
}

TEST_CASE("debug exceptions pending at an entry come before the guest's first instruction") {
    constexpr u64 B0 = 1, enabled_breakpoint = 1u << 12, debug_vector = 1u << 1;
    VmxWorld w;
    w.set(F::GUEST_PENDING_DEBUG_EXCEPTIONS, enabled_breakpoint | B0);
    w.set(F::EXCEPTION_BITMAP, debug_vector);
    w.launch("hlt");
    CHECK(w.left_guest());
    CHECK(w.reason() == 0);
    CHECK(w.get(F::EXIT_QUALIFICATION) == B0);
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

}  // namespace ringside
