// Privileged instructions, done to the virtual CPU instead of the real one.
#pragma once
#include "scenarios/vmms/common/decode.hpp"
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

struct Guest;

enum class Emulation : u8 {
    Done,        ///< the instruction is complete; EIP is past it, or where it jumped
    Faulted,     ///< it raised `fault` in the guest
    NotHandled,  ///< not an instruction that this function knows: the hardware's own fault stands
};
struct EmulationResult {
    Emulation kind;
    Fault fault{};
};

/// Does the instruction at frame.eip, already decoded, for the guest. The frame's CS says the virtual CPL.
EmulationResult emulate(Guest& guest, TrapFrame& frame, const Insn& insn);

/// Reads and decodes the guest's instruction at CS:EIP.
Fault fetch_instruction(Guest& guest, const TrapFrame& frame, Insn& insn);
/// The linear address of insn's memory operand.
u32 operand_address(const TrapFrame& frame, const Insn& insn);

}  // namespace ringside::vmm
