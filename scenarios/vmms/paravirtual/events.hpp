// Events take the place of interrupts; a flag in shared memory takes the place of IF.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// Makes the real timer the VMM's clock.
void start_clock();
/// A real interrupt: time goes on, and a guest's timer may be due.
void on_hardware_interrupt(vmm::TrapFrame&);
/// Calls the guest's event handler if events are pending and not held back.
void deliver_events(Domain&, vmm::TrapFrame&);

/// The guest's event channel `port` has something to say.
void set_pending(Domain&, u32 port);
/// An end of the guest's, or all of them: the other ends wait for somebody new.
i32 close(Domain&, u32 port);
void close_channels(Domain&);

inline bool bit_of(const u32* words, u32 n) { return words[n / 32] & (1u << (n % 32)); }

}  // namespace ringside::pv
