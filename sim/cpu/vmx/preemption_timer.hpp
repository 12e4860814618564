// The VMX-preemption timer: it counts down whenever one bit of the time-stamp counter changes.
// SDM 3C "VMX-Preemption Timer".
#pragma once
#include "sim/cpu/state.hpp"

namespace ringside::cpu::vmx {

inline constexpr unsigned timer_bit = isa::vmx_capability::preemption_timer_bit;

/// At the end of a VM entry.
inline void start_preemption_timer(State& s, Cycle now) {
    if (s.vmx.preemption_value == never) return;
    s.vmx.preemption_deadline = ((now >> timer_bit) + s.vmx.preemption_value) << timer_bit;
    s.vmx.preemption_value = never;
}
/// What an exit now would save.
inline u64 preemption_timer_left(const State& s, Cycle now) {
    if (s.vmx.preemption_deadline == never) return s.vmx.preemption_value;  // not started yet
    const u64 due = s.vmx.preemption_deadline >> timer_bit, ticks = now >> timer_bit;
    return due > ticks ? due - ticks : 0;
}

}  // namespace ringside::cpu::vmx
