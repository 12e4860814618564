// The guest's processor: a VMCS, and the general registers, which a VMCS does not hold.
#pragma once
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/vt-x/vmx.hpp"

namespace ringside::vmm {

/// As run_guest.S saves and loads them. ESP, EIP and EFLAGS are in the VMCS.
struct GeneralRegisters {
    u32 eax, ecx, edx, ebx, ebp, esi, edi;
    /// Register n in the order of instruction encodings, but for ESP.
    u32& operator[](unsigned n) {
        u32* const where[] = {&eax, &ecx, &edx, &ebx, nullptr, &ebp, &esi, &edi};
        return *where[n];
    }
};

/// VMX root operation, from here on. Stops with a sentence where the processor has no VMX, or not
/// the parts that this VMM needs: EPT and unrestricted guests.
void enter_vmx_operation();

/// Makes the VMCS current: what leaves the guest, where the VMM goes on, how the guest starts.
void set_up_vmcs(const LoadedGuest& loaded, u64 ept_pointer);

/// Lets the guest reach a port without a VM exit.
void let_port_through(u16 port);

/// Runs the guest until its next VM exit. Stops with a sentence if it cannot be entered.
void run_guest(GeneralRegisters& registers);

/// Past the instruction that caused the exit, as if it had run.
void skip_instruction();

// --- events for the guest ----------------------------------------------------------------------
/// Can an external interrupt be delivered at the next entry?
bool can_take_interrupt();
void inject_interrupt(u8 vector);
void inject_exception(u8 vector);
void inject_exception(u8 vector, u32 error_code);
/// An event whose delivery was cut short by this exit goes into the next entry again.
void inject_again_what_was_cut_short();
/// Asks for an exit as soon as the guest can take an interrupt, or no longer.
void ask_for_interrupt_window(bool wanted);

}  // namespace ringside::vmm
