// Questions that the tests of IA-32e mode ask of a machine of long_machine.hpp.
#pragma once
#include <doctest/doctest.h>

#include <string>

#include "tests/unit/machine/long_machine.hpp"

namespace ringside::test {

/// Where long_machine's handler of a vector starts.
inline u64 handler(unsigned vector) { return handlers_at + 16 * vector; }

/// The n-th 8-byte word from the top of the stack.
inline u64 stack(const machine::Machine& m, unsigned n) {
    return m.ram.read({m.cpu.regs.gpr[cpu::SP] + 8 * n}, 8);
}

/// The vector of the first exception within `count` steps; -1: none.
inline int first_exception(machine::Machine& m, u64 count = 1) {
    Events events;
    step(m, count, &events);
    for (const trace::Event& e : events.all)
        if (e.kind == trace::EventKind::Exception) return e.vector;
    return -1;
}

/// Runs to HLT, 1000 steps at most.
inline void run_to_halt(machine::Machine& m) {
    machine::Limits l;
    l.steps = m.steps + 1000;
    const machine::Stop stop = machine::run(m, l, {});
    const std::string why = stop.what;
    CAPTURE(why);
    REQUIRE(stop.reason == machine::Stop::Halted);
}

}  // namespace ringside::test
