// The system side of IA-32e mode: gates and stacks, ways between rings and between 64-bit and
// compatibility mode.
#include <doctest/doctest.h>

#include <cstring>

#include "tests/unit/machine/long_questions.hpp"

using namespace ringside;
using cpu::AX, cpu::BX, cpu::CX, cpu::DX, cpu::SP, cpu::R11;
namespace fl = isa::flags;
using test::first_exception, test::handler, test::run_to_halt, test::stack;

namespace {

void put_gate(machine::Machine& m, unsigned vector, isa::LongDescriptor gate) {
    test::put(m, test::idt_at + 16 * vector, gate.low);
    test::put(m, test::idt_at + 16 * vector + 8, gate.high);
}

}  // namespace

TEST_CASE("an interrupt from ring 3 takes RSP0, an aligned frame of five, and a null SS") {
    machine::Machine m = test::long_machine("int 0x80", 3);
    m.cpu.regs.gpr[SP] = 0x90008;
    m.cpu.regs.flags = fl::fixed | fl::IF;
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(0x80));
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.mode64());
    CHECK(m.cpu.seg[decode::SS].selector == 0);
    CHECK(m.cpu.regs.gpr[SP] == 0x80000 - 40);
    CHECK(stack(m, 0) == test::code_at + 2);
    CHECK(stack(m, 1) == test::code64_user);
    CHECK(stack(m, 2) == (fl::fixed | fl::IF));
    CHECK(stack(m, 3) == 0x90008);
    CHECK(stack(m, 4) == test::data_user);
    CHECK_FALSE(m.cpu.interrupts_on());
}

TEST_CASE("within ring 0 the frame has SS and RSP too, and starts at a multiple of 16") {
    machine::Machine m = test::long_machine("mov rax, [rbx]");
    m.cpu.regs.gpr[BX] = 0x7000000000;
    m.cpu.regs.gpr[SP] = 0x8fff9;
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(14));
    CHECK(m.cpu.regs.gpr[SP] == 0x8fff0 - 48);
    CHECK(stack(m, 0) == 0);  // the error code
    CHECK(stack(m, 4) == 0x8fff9);
    CHECK(stack(m, 5) == test::data0);
    CHECK(m.cpu.seg[decode::SS].selector == test::data0);  // the ring did not change
    CHECK(m.cpu.cr2 == 0x7000000000);
}

TEST_CASE("a gate with an IST takes that stack whatever the ring") {
    for (const u8 cpl : {0, 3}) {
        CAPTURE(int(cpl));
        machine::Machine m = test::long_machine("int 0x80", cpl);
        put_gate(m, 0x80,
                 isa::gate64(isa::SystemType::InterruptGate, test::code64, handler(0x80), 3, 1));
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(0x80));
        CHECK(m.cpu.regs.gpr[SP] == test::ist1_at - 40);
    }
}

TEST_CASE("what is wrong with a gate or its code segment gives the manual's exception") {
    using isa::SystemType;
    struct Case {
        std::string what;
        isa::LongDescriptor gate;
        u8 vector;
        u32 code;
    };
    const u64 to = handler(0x81);
    const Case cases[] = {
        {"a 32-bit code segment", isa::gate64(SystemType::TrapGate, test::code32, to, 3), 13,
         test::code32},
        {"a task gate", isa::gate64(SystemType::TaskGate, test::code64, to, 3), 13, 0x81 * 8 + 2},
        {"a 16-bit gate", isa::gate64(SystemType::TrapGate16, test::code64, to, 3), 13,
         0x81 * 8 + 2},
        {"a null selector", isa::gate64(SystemType::TrapGate, 0, to, 3), 13, 0},
        {"less privilege than the caller's", isa::gate64(SystemType::TrapGate, 0x38, to, 3), 13,
         0x38},
        {"DPL below the CPL", isa::gate64(SystemType::TrapGate, test::code64, to, 0), 13,
         0x81 * 8 + 2},
        {"an offset that is not canonical",
         isa::gate64(SystemType::TrapGate, test::code64, bit(47), 3), 13, 0},
        {"not present",
         {isa::gate64(SystemType::TrapGate, test::code64, to, 3).low & ~bit(47), 0},
         11,
         0x81 * 8 + 2},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        const bool by_ring0 = c.what == "less privilege than the caller's";
        machine::Machine m = test::long_machine("int 0x81", by_ring0 ? 0 : 3);
        put_gate(m, 0x81, c.gate);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(c.vector));
        CHECK(stack(m, 0) == c.code);
    }
}

TEST_CASE("IRETQ goes back to 64-bit and to compatibility code of an outer ring") {
    struct Case {
        u16 code;
        unsigned bits;
    };
    for (const Case& c : {Case{test::code64_user, 64}, Case{test::code32_user, 32}}) {
        CAPTURE(c.bits);
        machine::Machine m = test::long_machine("iretq");
        m.cpu.regs.gpr[SP] = 0x70000;
        const u64 frame[] = {0x300000, c.code, fl::IF | fl::IOPL | fl::fixed, 0x98765,
                             test::data_user};
        for (unsigned n = 0; n < 5; ++n) test::put(m, 0x70000 + 8 * n, frame[n]);
        test::step(m);
        CHECK(m.cpu.cpl == 3);
        CHECK(m.cpu.code_bits() == c.bits);
        CHECK(m.cpu.regs.rip == 0x300000);
        CHECK(m.cpu.regs.gpr[SP] == 0x98765);
        CHECK(m.cpu.regs.flags == frame[2]);
        CHECK_FALSE(m.cpu.seg[decode::DS].usable());  // a ring-0 segment
    }
}

TEST_CASE("IRETQ within ring 0 pops RSP and SS, which may be null") {
    machine::Machine m = test::long_machine("iretq");
    m.cpu.regs.gpr[SP] = 0x70000;
    const u64 frame[] = {0x300000, test::code64, fl::fixed, 0x12345, 0};
    for (unsigned n = 0; n < 5; ++n) test::put(m, 0x70000 + 8 * n, frame[n]);
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x300000);
    CHECK(m.cpu.regs.gpr[SP] == 0x12345);
    CHECK(m.cpu.seg[decode::SS].selector == 0);
}

TEST_CASE("what IRETQ refuses") {
    struct Case {
        std::string what;
        std::array<u64, 5> frame;
        u64 flags;
        u32 code;
    };
    const Case cases[] = {
        {"NT", {0x300000, test::code64, 2, 0x70000, 0}, fl::NT, 0},
        {"a null CS", {0x300000, 0, 2, 0x70000, 0}, 0, 0},
        {"RIP not canonical", {bit(47), test::code64, 2, 0x70000, 0}, 0, 0},
        {"null SS for ring 3", {0x300000, test::code64_user, 2, 0x70000, 3}, 0, 0},
        {"null SS for 32-bit code", {0x300000, test::code32, 2, 0x70000, 0}, 0, 0},
        {"data as code", {0x300000, test::data0, 2, 0x70000, 0}, 0, test::data0},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        machine::Machine m = test::long_machine("iretq");
        m.cpu.regs.gpr[SP] = 0x70000;
        m.cpu.regs.flags |= c.flags;
        for (unsigned n = 0; n < 5; ++n) test::put(m, 0x70000 + 8 * n, c.frame[n]);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(13));
        CHECK(stack(m, 0) == c.code);
    }
}

TEST_CASE("far jumps and returns change between 64-bit and compatibility mode") {
    machine::Machine m = test::long_machine(R"(
        mov rax, -1
        push 0x40
        push there
        o64 retf
    bits 32
    there:
        mov eax, esp
        dec eax           ; 48h: a REX prefix in 64-bit mode
        call far [back]
    bits 64
    home:
        mov rbx, 0x1122334455667788
        hlt
    back: dd home
        dw 8
    )");
    run_to_halt(m);
    CHECK(m.cpu.mode64());
    CHECK(m.cpu.regs.gpr[AX] == test::stack_at - 1);
    CHECK(m.cpu.regs.gpr[BX] == 0x1122334455667788);
    CHECK(m.ram.read({test::stack_at - 4}, 4) == test::code32);
}

TEST_CASE("a call gate leads to ring 0 of 64-bit code with a null SS and a frame of four") {
    const auto called = [](isa::LongDescriptor gate, u64 entries) {
        machine::Machine m = test::long_machine("db 0xff, 0x1d, 0, 0, 0, 0\ndd 0\ndw 0x4b", 3);
        test::put(m, test::gdt_at + 0x48, gate.low);
        test::put(m, test::gdt_at + 0x50, gate.high);
        m.cpu.gdtr.limit = u16(8 * entries - 1);
        test::step(m);
        return m;
    };
    const auto gate = isa::gate64(isa::SystemType::CallGate, test::code64, 0x300000, 3);
    const machine::Machine m = called(gate, 11);
    CHECK(m.cpu.regs.rip == 0x300000);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.seg[decode::SS].selector == 0);
    CHECK(m.cpu.regs.gpr[SP] == 0x80000 - 32);
    CHECK(stack(m, 0) == test::code_at + 6);
    CHECK(stack(m, 1) == test::code64_user);
    CHECK(stack(m, 2) == test::stack_at);
    CHECK(stack(m, 3) == test::data_user);
    SUBCASE("half outside the table it is refused") {
        CHECK(called(gate, 10).cpu.regs.rip == handler(13));
    }
    SUBCASE("so is one whose upper half has a type") {
        CHECK(called({gate.low, bit(40)}, 11).cpu.regs.rip == handler(13));
    }
    SUBCASE("and one to 32-bit code") {
        const auto legacy = isa::gate64(isa::SystemType::CallGate, test::code32, 0x300000, 3);
        CHECK(called(legacy, 11).cpu.regs.rip == handler(13));
    }
}

TEST_CASE("SYSCALL and SYSRET: selectors from STAR, RIP and RFLAGS in RCX and R11") {
    machine::Machine m = test::long_machine("syscall", 3);
    m.cpu.msr.star = u64(0x23) << 48 | u64(test::code64) << 32;
    m.cpu.msr.lstar = 0x300000;
    m.cpu.msr.fmask = fl::IF | fl::DF;
    m.cpu.regs.flags = fl::fixed | fl::IF | fl::DF | fl::CF;
    m.poke({0x300000}, std::vector<u8>{0x48, 0x0f, 0x07});  // sysretq
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x300000);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.regs.gpr[CX] == test::code_at + 2);
    CHECK(m.cpu.regs.gpr[R11] == (fl::fixed | fl::IF | fl::DF | fl::CF));
    CHECK(m.cpu.regs.flags == (fl::fixed | fl::CF));
    CHECK(m.cpu.seg[decode::CS].selector == test::code64);
    CHECK(m.cpu.seg[decode::SS].selector == test::code64 + 8);
    CHECK(m.cpu.mode64());
    machine::Machine to32 = m;
    to32.poke({0x300000}, std::vector<u8>{0x0f, 0x07});  // sysretd
    test::step(m);
    CHECK(m.cpu.regs.rip == test::code_at + 2);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.code_bits() == 64);
    CHECK(m.cpu.seg[decode::CS].selector == 0x33);
    CHECK(m.cpu.seg[decode::SS].selector == 0x2b);
    CHECK(m.cpu.regs.flags == (fl::fixed | fl::IF | fl::DF | fl::CF));
    test::step(to32);
    CHECK(to32.cpu.code_bits() == 32);
    CHECK(to32.cpu.seg[decode::CS].selector == 0x23);
}

TEST_CASE("the fast calls are refused as the manual says") {
    struct Case {
        std::string text;
        u8 cpl;
        bool sce;
        u64 rcx;
        int vector;
    };
    const Case cases[] = {
        {"syscall", 3, false, 0, 6},
        {"o64 sysret", 3, true, 0, 13},
        {"o64 sysret", 3, false, 0, 6},
        {"o64 sysret", 0, true, bit(47), 13},
        {"sysenter", 3, true, 0, 13},
        {"sysexit", 0, true, 0, 13},
        {"swapgs", 3, true, 0, 13},
        {"rdfsbase rax", 0, true, 0, 6},
        {"clac", 3, true, 0, 6},
        {"stac", 3, true, 0, 6},
        {"invpcid rax, [0x50000]", 3, true, 0, 13},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        machine::Machine m = test::long_machine(c.text, c.cpl);
        if (!c.sce) m.cpu.msr.efer &= ~isa::efer::SCE;
        m.cpu.regs.gpr[CX] = c.rcx;
        CHECK(first_exception(m) == c.vector);
    }
}

TEST_CASE("SYSENTER and SYSEXIT in 64-bit mode") {
    machine::Machine m = test::long_machine("sysenter", 3);
    m.cpu.msr.sysenter_cs = 0x100;
    m.cpu.msr.sysenter_esp = 0xffff800000001000;
    m.cpu.msr.sysenter_eip = 0x300000;
    m.cpu.regs.flags = fl::fixed | fl::IF;
    m.poke({0x300000}, std::vector<u8>{0x48, 0x0f, 0x35});  // sysexitq
    test::step(m);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.mode64());
    CHECK(m.cpu.regs.gpr[SP] == 0xffff800000001000);
    CHECK(m.cpu.seg[decode::CS].selector == 0x100);
    CHECK(m.cpu.seg[decode::SS].selector == 0x108);
    CHECK_FALSE(m.cpu.interrupts_on());
    m.cpu.regs.gpr[CX] = 0x77000;
    m.cpu.regs.gpr[DX] = 0x400000;
    test::step(m);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.code_bits() == 64);
    CHECK(m.cpu.regs.rip == 0x400000);
    CHECK(m.cpu.regs.gpr[SP] == 0x77000);
    CHECK(m.cpu.seg[decode::CS].selector == 0x123);
    CHECK(m.cpu.seg[decode::SS].selector == 0x12b);
}
