// Which events take the guest out: the control fields of the VMCS.
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// Writes all control fields of the current VMCS as the guest's configuration wants them, and the
/// masks that keep bits of CR0 and CR4 for the VMM.
void write_controls(GuestCpu& guest);

/// Lets the guest read an MSR without a VM exit, and write it too. SDM 3C "MSR-Bitmap Address".
void let_msr_through(GuestCpu& guest, u32 index, bool write_too);

/// What the real CR0 and CR4 must have in this guest, whatever it writes.
u32 forced_cr0(const GuestCpu& guest);
u32 forced_cr4();

/// The primary and secondary controls that only exits=all turns on, and whose instructions the
/// guest may as well do itself. Not PAUSE: a guest that waits a fixed number of rounds executes
/// millions, and would wait a thousand times as long.
u32 watched_primary_controls();
u32 watched_secondary_controls();

}  // namespace ringside::vmm
