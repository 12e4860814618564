// Privileged instructions, done to the virtual CPU instead of the real one.
#pragma once
#include "scenarios/vmms/common/emulation_result.hpp"
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

struct Guest;

/// Does the instruction at frame.eip, already decoded, for the guest. The frame's CS says the
/// virtual CPL.
EmulationResult emulate(Guest& guest, TrapFrame& frame, const Insn& insn);

/// The same for an ordinary instruction at frame.eip that reaches memory of which the VMM must
/// know: fetches it, and does it if it is in the list of emulate_memory.hpp.
EmulationResult emulate_access(Guest& guest, TrapFrame& frame);

/// That list does not have the instruction, and it reaches a device.
[[noreturn]] void stop_at_device_access(const TrapFrame& frame);

/// On #NM: true if only the VMM kept the coprocessor from the guest; it has it now, so resume the
/// guest. False: the exception is the guest's own.
bool lend_coprocessor(const Guest& guest);

/// SYSENTER arrived in the VMM: goes on where the guest's own MSRs say. SDM 2B "SYSENTER".
void enter_by_sysenter(Guest& guest, TrapFrame& frame);

/// Reads and decodes the guest's instruction at CS:EIP.
Fault fetch_instruction(Guest& guest, const TrapFrame& frame, Insn& insn);

}  // namespace ringside::vmm
