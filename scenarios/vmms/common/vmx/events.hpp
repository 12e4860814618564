// Events for the current guest: interrupts and exceptions that the next VM entry delivers.
// SDM 3C "VM-Entry Controls for Event Injection".
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"
#include "scenarios/vmms/common/watchdog.hpp"

namespace ringside::vmm {

/// An event whose delivery was cut short by this exit goes into the next entry again. Call it after
/// each exit, before anything below.
void inject_again_what_was_cut_short();

/// The event that goes into the next entry.
struct DeliveredEvent {
    bool software, has_error_code;  ///< software: INT n, INT1, INT3 or INTO
    u32 error_code;
};
DeliveredEvent delivered_event();
/// The VMM has delivered it itself.
void forget_event();

/// Can an external interrupt be delivered at the next entry?
bool can_take_interrupt();
void inject_interrupt(u8 vector);
/// Asks for an exit as soon as the guest can take an interrupt, or no longer.
void ask_for_interrupt_window(bool wanted);

/// A tick of the VMM's clock found the guest running: gives it up if its watchdog says so.
void heed_watchdog(GuestCpu& guest, Watchdog& watchdog, bool a_line_is_open);

/// The instruction that left the guest raises an exception in it. If it was the delivery of another
/// exception that raised it, the two become a #DF by the rules; the
/// guest shuts down at a third.
void raise(GuestCpu& guest, const Fault& fault);
/// #DB, as a trap: with DR6 as it is.
void raise_debug_trap(GuestCpu& guest);
/// The exception that was caught on its way to the guest goes there after all.
void pass_on_exception(GuestCpu& guest);

}  // namespace ringside::vmm
