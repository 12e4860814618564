// IN and OUT as their bytes say them, for the VMMs that do them after #GP. SDM 2A "IN", 2B "OUT".
#pragma once
#include "scenarios/vmms/common/decode.hpp"
#include "scenarios/vmms/common/trap_frame.hpp"

namespace ringside::vmm {

struct PortAccess {
    u16 port;
    unsigned width;  ///< 1, 2 or 4 bytes
    bool out;
};

/// False if the instruction is neither IN nor OUT.
inline bool is_port_instruction(const Insn& insn, const TrapFrame& frame, PortAccess& access) {
    const u8 both_widths = insn.opcode & ~1;
    const bool constant = both_widths == 0xe4 || both_widths == 0xe6;
    const bool by_dx = both_widths == 0xec || both_widths == 0xee;
    if (insn.map != Map::OneByte || !(constant || by_dx)) return false;
    access.port = by_dx ? u16(frame.edx) : u16(insn.immediate() & 0xff);
    access.width = !(insn.opcode & 1) ? 1 : insn.operand16 ? 2 : 4;
    access.out = insn.opcode & 2;
    return true;
}

}  // namespace ringside::vmm
