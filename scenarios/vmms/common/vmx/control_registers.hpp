// Writes to CR0, CR3 and CR4 that left the guest: what the processor would have refused the VMM
// must refuse, or the next VM entry fails. SDM 3A "Control Registers".
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// The control-register access that this exit was for. SDM 3C "Exit Qualification for
/// Control-Register Accesses".
void on_control_register(GuestCpu& guest);

/// MOV to CR3, or a task switch. #GP(0) for page tables that the processor would not take.
Fault load_cr3(GuestCpu& guest, Natural value);

/// INVLPG under shadow paging: the shadow is the guest's TLB.
void on_invlpg(GuestCpu& guest);
/// The guest's translations have changed their meaning.
void forget_translations(GuestCpu& guest);

}  // namespace ringside::vmm
