// The VM-exit instruction-information field: which operands the exiting instruction has.
// SDM 3C "Information for VM Exits Due to Instruction Execution".
#pragma once
#include "sim/decode/insn.hpp"

namespace ringside::cpu::vmx {

/// 0 for instructions whose exits have none.
u32 instruction_information(const decode::Insn& i);
/// Does the exit qualification hold the displacement of the memory operand?
bool displacement_qualifies(const decode::Insn& i);

}  // namespace ringside::cpu::vmx
