// The memory operand of an instruction that the VMM does for the guest, by ModRM, and how the VMM
// reaches it. SDM 2A "ModR/M and SIB Bytes".
#pragma once
#include "scenarios/vmms/common/decode.hpp"
#include "scenarios/vmms/common/fault.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"

namespace ringside::vmm {

/// Its segment register (ES CS SS DS FS GS = 0..5) and the offset in it.
struct MemoryOperand {
    unsigned segment;
    u32 offset;
};
/// The segment of OUTS' source: DS, unless a prefix says otherwise.
unsigned source_segment(const Insn& insn);
MemoryOperand memory_operand(const TrapFrame& frame, const Insn& insn);

/// Access to memory operands, by a guest's segments, page tables and CPL. `guest` is handed to the
/// functions: what it is depends on the technique.
struct OperandMemory {
    void* guest;
    Fault (*read)(void* guest, const TrapFrame& frame, MemoryOperand at, void* to, u32 bytes);
    Fault (*write)(void* guest, const TrapFrame& frame, MemoryOperand at, const void* from,
                   u32 bytes);
};

}  // namespace ringside::vmm
