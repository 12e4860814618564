// An instruction that faults leaves no trace of itself.
#pragma once
#include "sim/machine/machine.hpp"
#include "sim/trace/event.hpp"

namespace ringside::fuzz {

/// Is `event` the delivery of a fault, after which the instruction can be run again? Not #DB (a
/// trap as well) and #DF (an abort).
bool is_fault(const trace::Event& event);

/// `before` and `after`: the machine before and after the step in which `fault` was delivered.
/// All that may differ is what the delivery itself changes, and the accessed, dirty and busy bits
/// of tables, which are set by looking. SDM 3A "Program or Task Exception Restart".
void check_no_trace(const machine::Machine& before, const machine::Machine& after,
                    const trace::Event& fault);

}  // namespace ringside::fuzz
