// Events take the place of interrupts; a flag in shared memory takes the place of IF.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// Makes the real timer the VMM's clock.
void start_clock(Domain&);
/// A real interrupt: time goes on, and the guest's timer may be due.
void on_hardware_interrupt(Domain&, u32 vector);
/// Calls the guest's event handler if events are pending and not held back.
void deliver_events(Domain&, vmm::TrapFrame&);

}  // namespace ringside::pv
