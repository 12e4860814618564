// How long a run may go on without completing instructions.
#pragma once
#include "sim/machine/machine.hpp"

namespace ringside::session {

/// Steps that complete no instruction are faults, interrupts, waits and pieces of REP instructions
/// (one alone may have 2^32 rounds). A guest is given so many beside its instructions.
constexpr u64 idle_steps_allowed(u64 instructions) { return instructions / 64 + 250'000; }

inline bool out_of_patience(const machine::Machine& m, u64 instructions) {
    return m.steps - m.instructions >= idle_steps_allowed(instructions);
}

}  // namespace ringside::session
