// What can take the CPU between two instructions. SDM 3A "Priority Among Simultaneous Exceptions
// and Interrupts"; SDM 3C "Other Causes of VM Exits".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// Whether take_event has anything to look at.
inline bool event_possible(const Exec& x) {
    const State& s = x.s;
    return s.vmx.non_root || s.signals.any() || s.pending_debug || x.board.interrupt_pending();
}

/// Takes the event of the highest priority that is waiting and not held back: delivers it, or
/// leaves the guest for it. False when there is none.
bool take_event(Exec& x);

/// Could something that happens later (a device's interrupt, a timer of the CPU) end this
/// inactivity?
bool can_wake(const State& s);

}  // namespace ringside::cpu
