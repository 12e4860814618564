// Exceptions, interrupts and the ways back: stacks, error codes, double and triple faults.
#include <doctest/doctest.h>

#include "tests/unit/machine/rings.hpp"

using namespace ringside;
namespace fl = isa::flags;

namespace {

machine::Machine kernel(std::string_view text, u8 cpl) {
    machine::Machine m = test::flat_machine(text);
    test::kernel_tables(m);
    test::enter_ring(m, cpl);
    m.cpu.regs.flags = fl::fixed | fl::IF;
    return m;
}
u64 stack(const machine::Machine& m, unsigned n) {
    return m.ram.read({(m.cpu.regs.gpr[cpu::SP] & 0xffffffff) + 4 * n}, 4);
}
u64 handler(unsigned vector) { return test::handlers_at + 16 * vector; }

}  // namespace

TEST_CASE("INT n from ring 3 switches to the stack of the TSS and pushes the old one") {
    machine::Machine m = kernel("int 0x80", 3);
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(0x80));
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.seg[decode::SS].selector == 0x10);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x80000 - 20);
    CHECK(stack(m, 0) == test::code_at + 2);
    CHECK(stack(m, 1) == 0x33);
    CHECK(stack(m, 2) == (fl::fixed | fl::IF));
    CHECK(stack(m, 3) == test::stack_at);
    CHECK(stack(m, 4) == 0x3b);
    CHECK_FALSE(m.cpu.interrupts_on());
}

TEST_CASE(
    "an exception in ring 0 stays on its stack and pushes the error code and the faulting EIP") {
    machine::Machine m = kernel("mov ax, 0x70\nmov ds, ax", 0);
    test::step(m, 2);
    CHECK(m.cpu.regs.rip == handler(13));
    CHECK(stack(m, 0) == 0x70);
    CHECK(stack(m, 1) == test::code_at + 4);
    CHECK(stack(m, 2) == 0x08);
    CHECK(m.cpu.seg[decode::DS].selector == 0x10);
}

TEST_CASE("privileged instructions fault with #GP(0) in rings 1 and 3 and leave no trace") {
    for (const char* text :
         {"hlt", "lgdt [0x1000]", "lidt [0x1000]", "mov eax, cr0", "mov cr3, eax", "invlpg [0]",
          "clts", "ltr ax", "lldt ax", "lmsw ax", "wbinvd", "rdmsr", "wrmsr", "mov eax, dr7",
          "in al, 0x21", "out 0x80, al"})
        for (const u8 cpl : {u8(1), u8(3)}) {
            CAPTURE(text);
            machine::Machine m = kernel(text, cpl);
            m.cpu.regs.gpr[cpu::AX] = 0x1234;
            test::step(m);
            CHECK(m.cpu.regs.rip == handler(13));
            CHECK(stack(m, 0) == 0);
            CHECK(stack(m, 1) == test::code_at);
            CHECK(m.cpu.regs.gpr[cpu::AX] == 0x1234);
        }
}

TEST_CASE("sensitive unprivileged instructions run in ring 1 and say so with an event") {
    for (const char* text :
         {"popf", "pushf", "sgdt [0x5000]", "sidt [0x5000]", "sldt ax", "str ax", "smsw ax",
          "push cs", "mov ax, cs", "lar eax, ax", "lsl eax, ax", "verr ax", "verw ax"}) {
        CAPTURE(text);
        machine::Machine m = kernel(text, 1);
        test::put(m, test::stack_at, 0x202, 4);
        m.cpu.regs.gpr[cpu::AX] = 0x29;
        test::Events events;
        REQUIRE(test::step(m, 1, &events).reason == machine::Stop::Limit);
        CHECK(m.cpu.cpl == 1);
        REQUIRE(events.all.size() == 1);
        CHECK(events.all[0].kind == trace::EventKind::Sensitive);
        CHECK(events.all[0].address.value == test::code_at);
    }
}

TEST_CASE("a handler behind a gate that is not there gives #NP, a bad gate #GP, with the IDT bit") {
    machine::Machine m = kernel("ud2", 0);
    test::put(m, test::idt_at + 8 * 6,
              isa::gate32(isa::SystemType::InterruptGate, 0x08, 0x4000, 0).raw & ~bit(47));
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(11));
    CHECK(stack(m, 0) == (6u * 8 | 2 | 1));  // IDT and EXT
    machine::Machine bad = kernel("ud2", 0);
    test::put(bad, test::idt_at + 8 * 6, 0);
    test::step(bad);
    CHECK(bad.cpu.regs.rip == handler(13));
}

TEST_CASE("INT n through a gate of too little privilege is #GP with EXT clear") {
    machine::Machine m = kernel("int 0x30", 3);
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(13));
    CHECK(stack(m, 0) == (0x30u * 8 | 2));
    CHECK(stack(m, 1) == test::code_at);
}

TEST_CASE("a contributory fault while delivering one is #DF, a third one shuts down") {
    machine::Machine m = kernel("mov ax, 0x70\nmov ds, ax", 0);
    test::put(m, test::idt_at + 8 * 13, 0);  // #GP cannot be delivered
    test::step(m, 2);
    CHECK(m.cpu.regs.rip == handler(8));
    CHECK(stack(m, 0) == 0);
    machine::Machine dead = kernel("mov ax, 0x70\nmov ds, ax", 0);
    dead.cpu.idtr = {0, 0};
    machine::Limits l;
    CHECK(machine::run(dead, l, {}).reason == machine::Stop::Shutdown);
}

TEST_CASE("IRET to an outer ring loads its stack and empties segments it may not keep") {
    machine::Machine m = kernel("iretd", 0);
    const u32 frame[] = {0x5000, 0x33, 0x202, 0x70000, 0x3b};
    for (unsigned n = 0; n < 5; ++n) test::put(m, test::stack_at + 4 * n, frame[n], 4);
    test::step(m);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x70000);
    CHECK(m.cpu.seg[decode::SS].selector == 0x3b);
    CHECK_FALSE(m.cpu.seg[decode::DS].usable());
    CHECK(m.cpu.seg[decode::DS].selector == 0);
}

TEST_CASE("IRET to an inner ring faults with the selector: a deprivileged kernel is caught") {
    machine::Machine m = kernel("iretd", 1);
    const u32 frame[] = {0x5000, 0x08, 0x202};
    for (unsigned n = 0; n < 3; ++n) test::put(m, test::stack_at + 4 * n, frame[n], 4);
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(13));
    CHECK(stack(m, 0) == 0x08);
}

TEST_CASE("STI lets one more instruction run before an interrupt, MOV SS as well") {
    machine::Machine m = kernel("sti\nnop\nnop\nhlt", 0);
    m.cpu.regs.flags = fl::fixed;
    // PIC: vectors from 0x20, all unmasked; PIT channel 0 at its fastest useful rate, already due.
    for (const auto& [port, value] : std::initializer_list<std::pair<u16, u8>>{{0x20, 0x11},
                                                                               {0x21, 0x20},
                                                                               {0x21, 0x04},
                                                                               {0x21, 0x01},
                                                                               {0x21, 0xfe},
                                                                               {0x43, 0x34},
                                                                               {0x40, 0x10},
                                                                               {0x40, 0}})
        m.board.out(port, 1, value, 0);
    m.now = m.board.next_event() + 1'000'000;
    m.board.advance(m.now);
    REQUIRE(m.board.interrupt_pending());
    test::step(m);  // sti
    CHECK(m.cpu.regs.rip == test::code_at + 1);
    test::step(m);  // nop, in the shadow
    CHECK(m.cpu.regs.rip == test::code_at + 2);
    test::step(m);  // the interrupt
    CHECK(m.cpu.regs.rip == handler(0x20));
}

TEST_CASE("an access past a segment's limit faults: #GP for data, #SS for the stack") {
    machine::Machine m = kernel("mov eax, [0x10000]", 0);
    m.cpu.seg[decode::DS] =
        cpu::Segment::from(0x10, isa::segment32(0, 0xffff, isa::access(0, isa::data_type)));
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(13));
    machine::Machine s = kernel("mov eax, [esp]", 0);
    s.cpu.seg[decode::SS] =
        cpu::Segment::from(0x10, isa::segment32(0, 0xfffff, isa::access(0, isa::data_type)));
    s.cpu.regs.gpr[cpu::SP] = 0xffffe;
    test::step(s);
    CHECK(s.steps == 1);
    CHECK(s.cpu.regs.rip == handler(12));
}

TEST_CASE("what is not modelled stops the machine by name and address") {
    machine::Machine m = kernel("fld1", 0);
    const machine::Stop stop = test::step(m);
    CHECK(stop.reason == machine::Stop::NotModelled);
    CHECK(stop.address.value == test::code_at);
    CHECK(stop.what == "fld1");
}
