// Real mode and 16-bit code: reset, the vector table, segments, far transfers, the ways in and out.
#include "tests/unit/machine/real_mode.hpp"

#include <doctest/doctest.h>

using namespace ringside;
namespace fl = isa::flags;

TEST_CASE("after a reset the CPU stands at FFFFFFF0 in real mode") {
    const machine::Machine m;
    CHECK(m.cpu.seg[decode::CS].selector == 0xf000);
    CHECK(m.cpu.seg[decode::CS].base + m.cpu.regs.rip == 0xfffffff0);
    CHECK(m.cpu.cr0 == 0x60000010);
    CHECK(m.cpu.regs.flags == 2);
    CHECK(m.cpu.idtr == cpu::TableRegister{0, 0xffff});
    CHECK(m.cpu.seg[decode::DS].limit == 0xffff);
    CHECK_FALSE(m.cpu.protected_mode());
}

TEST_CASE("the first far jump after a reset leaves the last 64 KiB") {
    machine::Machine m = test::real_machine("jmp 0x0000:0x8005\nhlt");
    m.cpu.seg[decode::CS] = cpu::Segment::real(0xf000);
    m.cpu.seg[decode::CS].base = test::real_code_at - 0xfff0;
    m.cpu.seg[decode::CS].derive();
    m.cpu.regs.rip = 0xfff0;
    test::step(m);
    CHECK(m.cpu.seg[decode::CS].base == 0);
    CHECK(m.cpu.regs.rip == 0x8005);
}

TEST_CASE("an interrupt in real mode pushes FLAGS, CS, IP and clears IF, TF, AC") {
    machine::Machine m = test::real_machine("int 0x21");
    m.cpu.seg[decode::CS] = cpu::Segment::real(0x0010);
    m.cpu.regs.rip -= 0x100;
    m.cpu.regs.flags = fl::fixed | fl::IF | fl::CF | fl::AC;
    test::step(m);
    CHECK(m.cpu.seg[decode::CS].selector == 0);
    CHECK(m.cpu.regs.rip == test::real_handler(0x21));
    CHECK(test::stack_word(m, 0) == test::real_code_at - 0x100 + 2);
    CHECK(test::stack_word(m, 1) == 0x10);
    CHECK(test::stack_word(m, 2) == (fl::fixed | fl::IF | fl::CF));
    CHECK(m.cpu.regs.gpr[cpu::SP] == test::real_stack - 6);
    CHECK((m.cpu.regs.flags & (fl::IF | fl::AC)) == 0);
}

TEST_CASE("faults of real mode push no error code and point at the instruction") {
    const struct {
        const char* text;
        unsigned vector;
    } table[] = {
        {"mov ax, [0xffff]", 13},     // a word over the limit
        {"mov ax, [ss:0xffff]", 12},  // the same through SS
        {"mov eax, [ebx]", 13},       // EBX = 10000H
        {"div cx", 0},
        {"ud2", 6},
        {"lldt ax", 6},
        {"ltr ax", 6},
        {"str ax", 6},
        {"sldt ax", 6},
        {"lar ax, ax", 6},
        {"arpl ax, ax", 6},
        {"jmp dword 0x10000", 13},
        {"jmp dword 0x0000:0x00010000", 13},
    };
    for (const auto& row : table) {
        CAPTURE(row.text);
        machine::Machine m = test::real_machine(row.text);
        m.cpu.regs.gpr[cpu::BX] = 0x10000;
        test::step(m);
        CHECK(m.cpu.regs.rip == test::real_handler(row.vector));
        CHECK(test::stack_word(m, 0) == test::real_code_at);
        CHECK(m.cpu.regs.gpr[cpu::SP] == test::real_stack - 6);
    }
}

TEST_CASE(
    "a vector outside the table's limit is #GP, and without that one the machine shuts down") {
    machine::Machine m = test::real_machine("int 0x21");
    m.cpu.idtr.limit = 0x21 * 4 + 2;
    test::step(m);
    CHECK(m.cpu.regs.rip == test::real_handler(13));
    CHECK(test::stack_word(m, 0) == test::real_code_at);
    machine::Machine dead = test::real_machine("int 0x21");
    dead.cpu.idtr.limit = 3;
    CHECK(machine::run(dead, {}, {}).reason == machine::Stop::Shutdown);
    // SDM 2B "PUSH": with SP = 1 not even the stack fault finds room.
    machine::Machine odd = test::real_machine("mov sp, 1\npush ax");
    CHECK(machine::run(odd, {}, {}).reason == machine::Stop::Shutdown);
}

TEST_CASE("segments of real mode have base 16 * selector and keep limit and rights") {
    machine::Machine m = test::real_machine("mov ax, 0x1234\nmov ds, ax\nmov al, [ebx]\nhlt");
    m.cpu.seg[decode::DS].limit = 0xffffffff;  // "unreal" mode
    m.cpu.seg[decode::DS].derive();
    m.cpu.regs.gpr[cpu::BX] = 0x100000;
    test::put(m, 0x112340, 0x5a, 1);
    test::step(m, 3);
    CHECK(m.cpu.seg[decode::DS].base == 0x12340);
    CHECK(m.cpu.seg[decode::DS].limit == 0xffffffff);
    CHECK((m.cpu.regs.gpr[cpu::AX] & 0xff) == 0x5a);
}

TEST_CASE("far calls and returns of real mode, with both operand sizes") {
    for (const bool wide : {false, true}) {
        CAPTURE(wide);
        machine::Machine m =
            test::real_machine(wide ? "call dword 0x0100:0x00000040" : "call 0x0100:0x0040");
        const unsigned size = wide ? 4 : 2;
        test::step(m);
        CHECK(m.cpu.seg[decode::CS].base == 0x1000);
        CHECK(m.cpu.regs.rip == 0x40);
        CHECK(m.cpu.regs.gpr[cpu::SP] == test::real_stack - 2 * size);
        CHECK(m.ram.read({test::real_stack - 2 * size}, size) ==
              test::real_code_at + (wide ? 8 : 5));
        m.poke({0x1040}, assembler::assemble_flat(wide ? "o32 retf 4" : "retf 4", 0x40, 16));
        test::step(m);
        CHECK(m.cpu.seg[decode::CS].base == 0);
        CHECK(m.cpu.regs.rip == test::real_code_at + (wide ? 8 : 5));
        CHECK(m.cpu.regs.gpr[cpu::SP] == test::real_stack + 4);
    }
}

TEST_CASE("IRET of real mode loads IP, CS and FLAGS") {
    machine::Machine m = test::real_machine("iret");
    test::put(m, test::real_stack,
              0x1234 | 0x0200ull << 16 | u64(fl::IF | fl::NT | fl::IOPL) << 32);
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x1234);
    CHECK(m.cpu.seg[decode::CS].base == 0x2000);
    CHECK(m.cpu.regs.flags == (fl::fixed | fl::IF | fl::NT | fl::IOPL));
    CHECK(m.cpu.regs.gpr[cpu::SP] == test::real_stack + 6);
}

TEST_CASE("16-bit stacks, addresses and jumps wrap at 64 KiB; running on does not") {
    machine::Machine push = test::real_machine("mov sp, 0\npush ax\nhlt");
    push.cpu.regs.gpr[cpu::SP] = 0x12340000;
    test::step(push, 2);
    CHECK(push.cpu.regs.gpr[cpu::SP] == 0x1234fffe);
    machine::Machine pusha = test::real_machine("mov sp, 6\npusha\nhlt");
    test::step(pusha, 2);
    CHECK(pusha.cpu.regs.gpr[cpu::SP] == 0xfff6);
    machine::Machine address = test::real_machine("mov al, [bx+0x20]");
    address.cpu.regs.gpr[cpu::BX] = 0xfff0;
    test::put(address, 0x10, 0x77, 1);
    test::step(address);
    CHECK((address.cpu.regs.gpr[cpu::AX] & 0xff) == 0x77);
    machine::Machine jump = test::real_machine("jmp near 0x10010 - 0x20000");
    test::step(jump);
    CHECK(jump.cpu.regs.rip == 0x10);
    machine::Machine straight = test::real_machine("");
    straight.cpu.regs.rip = 0xffff;
    test::put(straight, 0xffff, 0x90, 1);
    test::step(straight, 2);
    CHECK(straight.cpu.regs.rip == test::real_handler(13));
    CHECK(test::stack_word(straight, 0) == 0);  // the low half of 10000H
}

TEST_CASE("real mode enters protected mode and comes back") {
    machine::Machine m = test::real_machine(R"(
        lgdt [table]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 0x08:narrow
narrow: mov ax, 0x20
        mov ds, ax
        jmp dword 0x10:wide
        bits 32
wide:   mov ecx, esp
        mov word [0x6000], 0x1234
        jmp 0x08:back
        bits 16
back:   mov ax, 0x18
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov eax, cr0
        and al, 0xfe
        mov cr0, eax
        jmp 0x0000:done
done:   mov ax, 0
        mov ds, ax
        mov ss, ax
        mov bx, [0x6000]
        int 0x33
table:  dw 39
        dd gdt
gdt:    dq 0
        dq 0x00009b000000ffff
        dq 0x00cf9b000000ffff
        dq 0x000093000000ffff
        dq 0x00cf93000000ffff
)");
    for (int n = 0; n < 40 && m.cpu.regs.rip != test::real_handler(0x33); ++n)
        REQUIRE(test::step(m).reason == machine::Stop::Limit);
    CHECK(m.cpu.regs.rip == test::real_handler(0x33));
    CHECK_FALSE(m.cpu.protected_mode());
    CHECK(m.cpu.code_bits() == 16);
    CHECK((m.cpu.regs.gpr[cpu::BX] & 0xffff) == 0x1234);
    CHECK(m.cpu.seg[decode::DS].limit == 0xffff);
}

TEST_CASE("string instructions of 16-bit code use SI, DI and CX only") {
    machine::Machine m = test::real_machine("rep movsb\nhlt");
    m.cpu.regs.gpr[cpu::CX] = 0x00990004;
    m.cpu.regs.gpr[cpu::SI] = 0x0077fffe;
    m.cpu.regs.gpr[cpu::DI] = 0x00886000;
    test::put(m, 0xfffe, 0x2211, 2);
    const u64 wrapped = m.ram.read({0}, 2);
    test::step(m);
    CHECK(m.ram.read({0x6000}, 4) == (0x2211 | wrapped << 16));
    CHECK(m.cpu.regs.gpr[cpu::CX] == 0x00990000);
    CHECK(m.cpu.regs.gpr[cpu::SI] == 0x00770002);
    CHECK(m.cpu.regs.gpr[cpu::DI] == 0x00886004);
}
