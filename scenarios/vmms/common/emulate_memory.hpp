// Ordinary instructions that read or write memory, done by the VMM: where the memory is such that
// it must know, and where they would fault again and again, so that asking it at once is cheaper.
#pragma once
#include "scenarios/vmms/common/emulation_result.hpp"
#include "scenarios/vmms/common/memory_operand.hpp"

namespace ringside::vmm {

/// MOV, MOVZX, MOVSX, PUSH, STOS, MOVS, and ADD OR ADC SBB AND SUB XOR CMP TEST INC DEC NOT NEG,
/// with an operand in memory.
bool is_emulated_access(const Insn& insn);

/// The operand in memory of such an instruction, if it has a ModRM byte or an address of its own.
/// False for stacks and strings.
bool operand_of_access(const TrapFrame& frame, const Insn& insn, MemoryOperand& operand);

/// Does the instruction at frame.eip, flags and all. A repetition may stop half-way with EIP
/// unchanged, as an interrupt would stop it: go on with it.
EmulationResult emulate_access(const OperandMemory& memory, TrapFrame& frame, const Insn& insn);

}  // namespace ringside::vmm
