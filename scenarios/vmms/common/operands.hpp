// The operands of an instruction that the VMM does for the guest: registers by number, memory by
// ModRM.
#pragma once
#include "scenarios/vmms/common/memory_operand.hpp"
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

struct Guest;

/// The linear address, without a look at the limit.
u32 operand_address(const TrapFrame& frame, const Insn& insn);

/// `bytes` at a memory operand, by the guest's segment limits, page tables and virtual CPL.
Fault read_memory(Guest& guest, const TrapFrame& frame, MemoryOperand at, void* to, u32 bytes);
Fault write_memory(Guest& guest, const TrapFrame& frame, MemoryOperand at, const void* from,
                   u32 bytes);
/// Such an access beyond the border where the guest's real segments end, to the local APIC: the
/// real CPU says #GP or #SS, the guest's own would not. `physical` is where. emulate_access() does
/// it.
bool reaches_device_beyond_border(Guest& guest, const TrapFrame& frame, const Insn& insn,
                                  u32& physical);
/// The same two, for code that knows no technique.
OperandMemory operand_memory(Guest& guest);
/// The 16-bit r/m operand: a register or memory.
Fault read_rm16(Guest& guest, TrapFrame& frame, const Insn& insn, u16& value);

/// The low 1, 2 or 4 bytes of EAX.
inline void set_accumulator(TrapFrame& frame, u32 value, unsigned bytes) {
    const u32 mask = bytes == 4 ? ~0u : (1u << (8 * bytes)) - 1;
    frame.eax = (frame.eax & ~mask) | (value & mask);
}

}  // namespace ringside::vmm
