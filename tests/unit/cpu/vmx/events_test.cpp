// Events: injected, wanted by the exception bitmap, cut short by an exit. SDM 3C "Event Injection",
// "Exceptions", "Information for VM Exits That Occur During Event Delivery".
#include <doctest/doctest.h>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
namespace fl = isa::flags;

constexpr u32 valid = 1u << 31;
constexpr u32 inject_external = valid, inject_exception = valid | 3u << 8,
              inject_software = valid | 4u << 8, has_code = 1u << 11;

}  // namespace

TEST_CASE("an injected event is delivered through the guest's IDT before its next instruction") {
    VmxWorld w;
    SUBCASE("external interrupt") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_external | 0x20);
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.launch("hlt");
        CHECK((w.get(F::GUEST_RFLAGS) & fl::IF) == 0);
        CHECK(w.get(F::GUEST_RSP) == guest_stack_at - 12);
    }
    SUBCASE("exception with an error code") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_exception | has_code | 13);
        w.set(F::VM_ENTRY_EXCEPTION_ERROR_CODE, 0x1234);
        w.add(F::EXCEPTION_BITMAP, 1u << 13);  // the injected one itself does not leave
        w.launch("hlt");
        CHECK(w.get(F::GUEST_RSP) == guest_stack_at - 16);
        CHECK(w.m.ram.read({guest_base + guest_stack_at - 16}, 4) == 0x1234);
    }
    SUBCASE("software interrupt: it returns after the instruction") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_software | 0x80);
        w.set(F::VM_ENTRY_INSTRUCTION_LENGTH, 2);
        w.launch("hlt");
        CHECK(w.m.ram.read({guest_base + guest_stack_at - 12}, 4) == guest_code_at + 2);
    }
    CHECK(w.reason() == u64(ExitReason::CPUID));  // the handler's first instruction
    CHECK(w.get(F::GUEST_RIP) == guest_handler_at);
    CHECK((w.get(F::VM_ENTRY_INTERRUPTION_INFORMATION) >> 31) == 0);  // cleared by the exit
}

TEST_CASE("the exception bitmap takes exceptions from the guest") {
    VmxWorld w;
    w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD) | 1u << u8(isa::Vector::BP));
    SUBCASE("fault: no length, RF for the way back") {
        w.launch("ud2");
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (inject_exception | 6));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 0);
        CHECK((w.get(F::GUEST_RFLAGS) & fl::RF) != 0);
    }
    SUBCASE("INT3: at the instruction, with its length") {
        w.launch("int3");
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (valid | 6u << 8 | 3));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 1);
    }
    CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("an exit during the delivery of an event says which event it was") {
    VmxWorld w;
    w.map(guest_idt_at, 0);
    SUBCASE("INT n: the exit is at the instruction") {
        w.launch("int 0x80");
        CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (inject_software | 0x80));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 2);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    SUBCASE("an injected software interrupt keeps the length it was injected with") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_software | 0x80);
        w.set(F::VM_ENTRY_INSTRUCTION_LENGTH, 2);
        w.launch("hlt");
        CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (inject_software | 0x80));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 2);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == guest_idt_at + 0x400);
}

TEST_CASE("a delivery that an exit cut short is finished by injecting it again") {
    VmxWorld w;
    w.map(guest_idt_at, 0);
    w.launch("ud2");
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (inject_exception | 6));
    w.map(guest_idt_at, 7);
    w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, w.get(F::IDT_VECTORING_INFORMATION));
    w.resume();
    CHECK(w.get(F::GUEST_RIP) == guest_handler_at);
    CHECK(w.get(F::IDT_VECTORING_INFORMATION) == 0);
}

TEST_CASE("a triple fault in the guest is an exit, not the machine's end") {
    VmxWorld w;
    w.set(F::GUEST_IDTR_LIMIT, 0);
    w.launch("ud2");
    CHECK(w.left_guest());
    CHECK(w.reason() == u64(ExitReason::TRIPLE_FAULT));
    CHECK(w.get(F::IDT_VECTORING_INFORMATION) == 0);
}

}  // namespace ringside
