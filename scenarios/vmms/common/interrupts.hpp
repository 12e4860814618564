// Events for the guest: what its CPU would do with its IDT, its TSS and its stack, done by the VMM.
// SDM 3A "Exception- or Interrupt-Handler Procedures".
//
// Frames on the guest's stack hold the guest's view: its own selectors with RPL 0 for its kernel,
// its virtual IF and IOPL. So a kernel that looks at them sees what it expects, and IRET with such
// a frame faults at ring 1 and comes to return_from_interrupt(), which turns RPL 0 into RPL 1
// again.
#pragma once
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

struct Guest;

/// Delivers an exception. A fault in doing so becomes #DF by the rules, and a fault in that ends
/// the run.
void deliver_exception(Guest& guest, TrapFrame& frame, Fault exception);
/// Delivers INT n, INT3 or INTO; frame.eip is that of the instruction, whose length is given. Gates
/// with a DPL below the virtual CPL give #GP.
void deliver_software_interrupt(Guest& guest, TrapFrame& frame, u8 vector, u8 length);
/// Does an interrupt controller of the guest's have something for it? If only its local APIC's
/// timer will, the VMM is woken in time.
bool interrupt_pending(Guest& guest);
/// Can any interrupt still come to it?
bool can_wake(const Guest& guest);
/// Delivers what the virtual interrupt controllers have, if the virtual IF and the STI shadow let
/// it. True if it did.
bool deliver_pending_interrupt(Guest& guest, TrapFrame& frame);

/// A tick of the VMM's clock found the guest running: stops it if its watchdog says so.
void heed_watchdog(Guest& guest, const TrapFrame& frame);

/// SS0 and ESP0 of the guest's TSS, for a transfer to its ring 0. `external` is a bit of the error
/// code.
Fault inner_stack(Guest& guest, TrapFrame& frame, u32 external, u16& ss, u32& esp);

/// IRET at virtual CPL 0. SDM 2A "IRET". The frame changes only if there is no fault.
Fault return_from_interrupt(Guest& guest, TrapFrame& frame);

}  // namespace ringside::vmm
