// Ordinary instructions that store to memory, done by the VMM: for stores that would fault again
// and again, where asking the VMM at once is cheaper.
#pragma once
#include "scenarios/vmms/common/emulate.hpp"

namespace ringside::vmm {

/// MOV, PUSH, STOS, MOVS, and ADD OR ADC SBB AND SUB XOR INC DEC NOT NEG to memory.
bool is_emulated_store(const Insn& insn);

/// Does the store, flags and all. A repetition may stop half-way with EIP unchanged, as an
/// interrupt would stop it: go on with it.
EmulationResult emulate_store(Guest& guest, TrapFrame& frame, const Insn& insn);

}  // namespace ringside::vmm
