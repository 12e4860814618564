// The instructions that no fault would bring to a VMM: they read or change privileged state and do
// not fault at ring 1. The translator finds them by reading the code, and here they get the right
// answer. (POPF and PUSHF mostly get it in the cache; their rare forms come here.)
#pragma once
#include "scenarios/vmms/common/emulate.hpp"

namespace ringside::vmm {

/// PUSHF POPF SGDT SIDT SLDT STR SMSW LAR LSL VERR VERW, stores of segment registers.
EmulationResult emulate_sensitive(Guest& guest, TrapFrame& frame, const Insn& insn);

/// RET, CALL and JMP whose form the translator does not rewrite: with 16-bit operands, or through
/// GS or CS.
EmulationResult emulate_branch(Guest& guest, TrapFrame& frame, const Insn& insn);

}  // namespace ringside::vmm
