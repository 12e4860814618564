// MONITOR and MWAIT. SDM 2B "MONITOR", "MWAIT".
#include <doctest/doctest.h>

#include "sim/isa/vectors.hpp"
#include "tests/unit/machine/long_questions.hpp"

using namespace ringside;
using cpu::AX, cpu::BX, cpu::CX;

namespace {

/// MONITOR of the line at 0x50000, `between`, MWAIT: did the CPU wait?
bool waits(std::string_view between) {
    machine::Machine m =
        test::long_machine("mov eax, 0x50010\nxor ecx, ecx\nxor edx, edx\nmonitor\n" +
                           std::string(between) + "\nmwait\nmov ebx, 1\nhlt");
    machine::Limits limits;
    limits.steps = 100;
    const machine::Stop stop = machine::run(m, limits, {});
    CHECK(stop.reason == machine::Stop::Halted);
    return m.cpu.regs.gpr[BX] == 0;
}

}  // namespace

TEST_CASE("MWAIT waits where MONITOR has armed the line, and nobody has written there since") {
    CHECK(waits("nop"));
    CHECK(waits("mov dword [0x50040], 1"));
    CHECK_FALSE(waits("mov dword [0x5003c], 1"));
    CHECK_FALSE(waits("mov byte [0x50000], 1"));
}

TEST_CASE("MWAIT alone does not wait; an interrupt ends the wait") {
    SUBCASE("nothing is armed") {
        machine::Machine m = test::long_machine("xor ecx, ecx\nmwait\nmov ebx, 1\nhlt");
        test::run_to_halt(m);
        CHECK(m.cpu.regs.gpr[BX] == 1);
    }
    SUBCASE("an NMI") {
        machine::Machine m = test::long_machine(
            "mov eax, 0x50000\nxor ecx, ecx\nxor edx, edx\nmonitor\nmwait\nmov ebx, 1\nhlt");
        test::step(m, 5);
        CHECK(m.cpu.activity == cpu::Activity::Halted);
        m.cpu.signals.nmi = true;
        test::step(m);
        CHECK(m.cpu.regs.rip == test::handler(2));
        CHECK(m.cpu.activity == cpu::Activity::Active);
    }
}

TEST_CASE("what MONITOR and MWAIT refuse") {
    const struct {
        const char* text;
        u8 cpl;
        u64 ax, cx;
        int vector;
    } rows[] = {
        {"monitor", 0, 0x50000, 0, -1},
        {"monitor", 3, 0x50000, 0, 6},
        {"monitor", 0, 0x50000, 1, 13},
        {"monitor", 0, bit(47), 0, 13},
        {"monitor", 0, 0x7000000000, 0, 14},
        {"mwait", 0, 0, 0, -1},
        {"mwait", 3, 0, 0, 6},
        {"mwait", 0, 0, 1, 13},
        {"mwait", 0, 0, bit(32), 13},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        CAPTURE(row.vector);
        machine::Machine m = test::long_machine(row.text, row.cpl);
        m.cpu.regs.gpr[AX] = row.ax;
        m.cpu.regs.gpr[CX] = row.cx;
        CHECK(test::first_exception(m) == row.vector);
    }
}
