// The instructions that no fault would bring to a VMM: they read or change privileged state and do
// not fault at ring 1. A VMM that finds them in another way, by reading the code, gets the right
// answer here.
#pragma once
#include "scenarios/vmms/common/emulate.hpp"

namespace ringside::vmm {

/// PUSHF POPF SGDT SIDT SLDT STR SMSW LAR LSL VERR VERW, stores of segment registers.
EmulationResult emulate_sensitive(Guest& guest, TrapFrame& frame, const Insn& insn);

/// RET, CALL and JMP, near.
EmulationResult emulate_branch(Guest& guest, TrapFrame& frame, const Insn& insn);

}  // namespace ringside::vmm
