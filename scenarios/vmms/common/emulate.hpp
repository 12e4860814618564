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

/// Does the instruction at frame.eip, already decoded, for the guest. The frame's CS says the
/// virtual CPL.
EmulationResult emulate(Guest& guest, TrapFrame& frame, const Insn& insn);

/// On #NM: true if only the VMM kept the coprocessor from the guest; it has it now, so resume the
/// guest. False: the exception is the guest's own.
bool lend_coprocessor(const Guest& guest);

/// SYSENTER arrived in the VMM: goes on where the guest's own MSRs say. SDM 2B "SYSENTER".
void enter_by_sysenter(Guest& guest, TrapFrame& frame);

/// Reads and decodes the guest's instruction at CS:EIP.
Fault fetch_instruction(Guest& guest, const TrapFrame& frame, Insn& insn);

}  // namespace ringside::vmm
