// RDRAND, RDSEED, and what raises #UD because its part of the processor is not here. SDM 2B
// "RDRAND", "RDSEED", "RSM"; SDM 2D "GETSEC".
#include <doctest/doctest.h>

#include <set>

#include "sim/isa/vectors.hpp"
#include "tests/unit/machine/long_questions.hpp"

using namespace ringside;
using cpu::AX, cpu::BX, cpu::CX, cpu::DX;

TEST_CASE("RDRAND and RDSEED give numbers that differ, with CF = 1 and the other flags 0") {
    machine::Machine m = test::long_machine("rdrand rax\nrdseed rbx\nrdrand rcx\nrdseed rdx\nhlt");
    m.cpu.regs.flags |= isa::flags::status & ~isa::flags::CF;
    test::run_to_halt(m);
    const auto& r = m.cpu.regs.gpr;
    CHECK(std::set<u64>{r[AX], r[BX], r[CX], r[DX], 0, ~u64{0}}.size() == 6);
    CHECK((m.cpu.regs.flags & isa::flags::status) == isa::flags::CF);
    CHECK(m.cpu.random_numbers == 4);
}

TEST_CASE("the destination's width is the number's") {
    machine::Machine m = test::long_machine("rdrand ax\nrdrand ebx\nrdrand rcx\nhlt");
    for (const auto reg : {AX, BX, CX}) m.cpu.regs.gpr[reg] = ~u64{0};
    test::run_to_halt(m);
    const auto& r = m.cpu.regs.gpr;
    CHECK((r[AX] | 0xffff) == ~u64{0});
    CHECK((r[AX] & 0xffff) != 0xffff);
    CHECK(r[BX] <= 0xffffffff);
    CHECK(r[CX] > 0xffffffff);
}

TEST_CASE("a copy of the machine draws the same numbers, and the machine itself goes on") {
    machine::Machine m = test::long_machine("rdrand rax\nrdrand rbx\nhlt");
    test::step(m);
    machine::Machine copy = m;
    test::run_to_halt(m);
    test::run_to_halt(copy);
    CHECK(m == copy);
    CHECK(m.cpu.regs.gpr[AX] != m.cpu.regs.gpr[BX]);
}

TEST_CASE("RSM outside SMM and GETSEC without CR4.SMXE are undefined at every CPL") {
    for (const char* text : {"rsm", "db 0x0f, 0x37"})
        for (const u8 cpl : {0, 3}) {
            CAPTURE(text);
            machine::Machine m = test::long_machine(text, cpl);
            CHECK(test::first_exception(m) == int(isa::Vector::UD));
        }
}
