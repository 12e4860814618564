// VM exits between two instructions, in their order of priority. SDM 3C "Other Causes of VM
// Exits", "VMX-Preemption Timer", "Monitor Trap Flag". Each says whether the guest was left.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu::vmx {

/// INIT, the virtual TPR, the monitor trap flag: before debug traps.
bool exits_before_traps(Exec& x);
/// The preemption timer, the NMI window: after debug traps, before NMIs.
bool exits_after_traps(Exec& x);
bool exits_on_nmi(Exec& x);
bool exits_on_interrupt_window(Exec& x);
bool exits_on_interrupt(Exec& x);
/// In the wait-for-SIPI state, which blocks all else.
bool exits_on_startup(Exec& x);

}  // namespace ringside::cpu::vmx
