// What stands before the body of a privileged, sensitive or exiting instruction: the row decides.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// Privilege, VM exits, then the body, then the trace of a sensitive instruction that did not trap.
/// The order is that of SDM 3C "Relative Priority of Faults and VM Exits".
void guarded(Exec& x, const decode::Insn& i);

}  // namespace ringside::cpu
