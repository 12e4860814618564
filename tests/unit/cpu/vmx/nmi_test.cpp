// NMIs and the guest: exits, virtual NMIs, blocking and the IRET that ends it. SDM 3C "NMI",
// "Virtual NMIs", "Changes to Instruction Behavior in VMX Non-Root Operation".
#include <doctest/doctest.h>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
using isa::PinBased;
namespace fl = isa::flags;
namespace by = isa::interruptibility;

constexpr u32 valid = 1u << 31, nmi_event = valid | 2u << 8 | 2;
constexpr u32 handler_stack = guest_stack_at - 12;

/// An IRET frame at the guest's stack that returns to `rip`.
void push_frame(VmxWorld& w, u32 rip) {
    w.write(guest_base + guest_stack_at, rip);
    w.write(guest_base + guest_stack_at + 4, 8);
    w.write(guest_base + guest_stack_at + 8, u32(fl::fixed));
}

}  // namespace

TEST_CASE("an NMI leaves the guest with NMI exiting, else it goes through the guest's IDT") {
    VmxWorld w;
    SUBCASE("it leaves, and the host has NMIs blocked") {
        w.use(PinBased::NMI_exiting);
        w.launch("cpuid");
        REQUIRE(w.reason() == u64(ExitReason::CPUID));
        // Held back in the host until the entry unblocks NMIs.
        w.m.cpu.nmi_blocked = w.m.cpu.signals.nmi = true;
        w.resume();
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == nmi_event);
        CHECK(w.get(F::EXIT_QUALIFICATION) == 0);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
        CHECK(w.m.cpu.nmi_blocked);
    }
    SUBCASE("it is delivered, and blocks the next one") {
        w.m.cpu.nmi_blocked = w.m.cpu.signals.nmi = true;
        w.launch("nop\nhlt");
        CHECK(w.reason() == u64(ExitReason::CPUID));
        CHECK(w.get(F::GUEST_RSP) == handler_stack);
        CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == by::NMI);
    }
}

TEST_CASE("an injected NMI blocks NMIs until the guest's IRET") {
    VmxWorld w;
    w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, nmi_event);
    SUBCASE("real ones") {}
    SUBCASE("virtual ones") { w.use(PinBased::NMI_exiting), w.use(PinBased::virtual_NMIs); }
    w.put(guest_base + guest_handler_at, "cpuid\niret");
    w.launch("hlt");
    CHECK(w.reason() == u64(ExitReason::CPUID));
    CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == by::NMI);
    w.set(F::GUEST_RIP, guest_handler_at + 2);
    w.resume();
    CHECK(w.reason() == u64(ExitReason::HLT));
    CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == 0);
}

TEST_CASE("with NMI exiting but no virtual NMIs an IRET leaves the blocking alone") {
    VmxWorld w;
    w.use(PinBased::NMI_exiting);
    w.set(F::GUEST_INTERRUPTIBILITY_STATE, by::NMI);
    push_frame(w, guest_handler_at);
    w.launch("iret");
    CHECK(w.reason() == u64(ExitReason::CPUID));
    CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == by::NMI);
}

TEST_CASE("the NMI window opens when the guest could take a virtual NMI") {
    VmxWorld w;
    w.use(PinBased::NMI_exiting), w.use(PinBased::virtual_NMIs);
    w.use(isa::ProcBased::NMI_window_exiting);
    u32 rip = guest_code_at;
    SUBCASE("at once") { w.launch("nop"); }
    SUBCASE("after the IRET") {
        w.set(F::GUEST_INTERRUPTIBILITY_STATE, by::NMI);
        push_frame(w, guest_handler_at);
        w.launch("nop\niret");
        rip = guest_handler_at;
    }
    SUBCASE("after the shadow of MOV SS") {
        w.set(F::GUEST_INTERRUPTIBILITY_STATE, by::MOV_SS);
        w.launch("nop\nnop");
        rip = guest_code_at + 1;
    }
    SUBCASE("in a guest that is halted") {
        w.set(F::GUEST_ACTIVITY_STATE, 1);
        w.launch("nop");
        CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 1);
    }
    CHECK(w.reason() == u64(ExitReason::NMI_WINDOW));
    CHECK(w.get(F::GUEST_RIP) == rip);
    CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 0);
}

TEST_CASE("an IRET that faults after it ended the blocking tells so") {
    constexpr u32 unblocked = 1u << 12;
    VmxWorld w;
    w.use(PinBased::NMI_exiting), w.use(PinBased::virtual_NMIs);
    w.set(F::GUEST_INTERRUPTIBILITY_STATE, by::NMI);
    SUBCASE("by an exception") {
        w.set(F::EXCEPTION_BITMAP, 1u << 13);
        w.write(guest_base + guest_stack_at + 4, 0x50);  // no such selector
        w.launch("iret");
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
        CHECK((w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) & unblocked) != 0);
    }
    SUBCASE("by an EPT violation") {
        w.map(guest_stack_at, 0);
        w.launch("iret");
        CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
        CHECK((w.get(F::EXIT_QUALIFICATION) & unblocked) != 0);
    }
    SUBCASE("an exit without such an IRET does not") {
        w.set(F::EXCEPTION_BITMAP, 1u << 6);
        w.launch("ud2");
        CHECK((w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) & unblocked) == 0);
        return;
    }
    CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == 0);
}

}  // namespace ringside
