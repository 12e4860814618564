// A VM entry that failed: a sentence with what was wrong.
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// VMLAUNCH or VMRESUME gave VMfailValid: the guest was not touched. It is our mistake: the end of
/// the run.
[[noreturn]] void explain_refused_entry();
/// The entry ended in a VM exit with this reason: the guest's state was not acceptable. Gives the
/// guest up, with what was wrong on its own line. Others may go on.
void explain_failed_entry(GuestCpu& guest, u32 reason);

}  // namespace ringside::vmm
