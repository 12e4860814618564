// The current guest's memory as its own code would have it, and instructions that the VMM does for
// it because their memory is such that the VMM must know.
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// Copy between the VMM and the guest's linear memory, across pages. A write that faults writes
/// nothing.
Fault read_linear(GuestCpu& guest, Natural linear, void* to, u32 bytes, Access access);
Fault write_linear(GuestCpu& guest, Natural linear, const void* from, u32 bytes, Access access);

/// The instruction that left the guest, or the exception that it raises. False if it is not one
/// that the VMM can do (emulate_memory.hpp has the list), or not an instruction at all but the
/// delivery of an event.
bool emulate_access(GuestCpu& guest);

}  // namespace ringside::vmm
