// Linked with the tests of the CPU and of the machine, and with a core that dispatches by its loop.
#include <doctest/doctest.h>

#include <string>

#include "sim/cpu/threaded.hpp"
#include "tests/unit/machine/flat_machine.hpp"

using namespace ringside;

TEST_CASE("this program's core goes from handler to handler by a loop") {
    CHECK(std::string(cpu::threaded::dispatch_name()) == "loop");
}

TEST_CASE("a long run by the loop counts every instruction") {
    machine::Machine m = test::flat_machine("again:\ninc eax\ndec ecx\njnz again\nhlt");
    m.cpu.regs.gpr[cpu::AX] = 0;
    m.cpu.regs.gpr[cpu::CX] = 1'000'000;
    const machine::Stop stop = machine::run(m, {}, {});
    CHECK(stop.reason == machine::Stop::Halted);
    CHECK(m.cpu.regs.gpr[cpu::AX] == 1'000'000);
    CHECK(m.instructions == 3'000'001);
}
