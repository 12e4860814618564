// A guest's CPU has two sources of interrupts: its local APIC, and through that the interrupt
// controllers of old. The APIC's own come first.
#pragma once
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/virtual_apic.hpp"
#include "scenarios/vmms/common/virtual_pic.hpp"

namespace ringside::vmm {

/// The time by which the APIC's timer counts; nobody looks at it while that stands still.
inline u64 time_for(const VirtualApic& apic) { return apic.timer_runs() ? cpu::rdtsc() : 0; }

inline bool interrupt_pending(VirtualApic& apic, const VirtualPic& pic) {
    return apic.interrupt_pending(time_for(apic)) || (apic.passes_external() && pic.pending());
}
/// Only if one is pending.
inline u8 acknowledge_interrupt(VirtualApic& apic, VirtualPic& pic) {
    return apic.interrupt_pending(time_for(apic)) ? apic.acknowledge() : pic.acknowledge();
}

}  // namespace ringside::vmm
