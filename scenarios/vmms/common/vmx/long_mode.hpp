// IA-32e mode of the guest: what a VMM of 64-bit mode adds. A VMM of 32-bit mode cannot have such a
// guest: the VM-entry control "IA-32e mode guest" must be 0 where the processor is not in IA-32e
// mode itself. SDM 3C "Checks Related to Address-Space Size".
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"
#include "scenarios/vmms/common/vmx/segment_fields.hpp"

namespace ringside::vmm {

/// The guest is in IA-32e mode: each exit notes it in the control for the next entry. SDM 3C
/// "Saving Control Registers, Debug Registers, and MSRs".
inline bool in_ia32e_mode() {
    if constexpr (!long_mode) return false;
    return vmx::read(vmx::Field::VM_ENTRY_CONTROLS) &
           vmx::control(isa::EntryControl::IA32e_mode_guest);
}
/// And its code segment is one of 64 bits.
inline bool in_64_bit_mode() {
    return in_ia32e_mode() &&
           (vmx::read(vmx::Field::GUEST_CS_ACCESS_RIGHTS) & access_rights::code64);
}

/// CR0.PG is about to become what it is in `cr0`: IA32_EFER.LMA follows, if LME is set. #GP(0)
/// where the processor would refuse it. SDM 3A "Initializing IA-32e Mode".
Fault follow_paging(Natural cr0);

/// CR8 is a part of the local APIC's task priority. With "use TPR shadow" the processor keeps it in
/// a page while the guest runs, and leaves the guest when it falls so far that a request that waits
/// can be taken. SDM 3C "Virtualizing CR8-Based TPR Accesses". Before each entry, and after each
/// exit:
void lend_task_priority(GuestCpu& guest);
void take_task_priority_back(GuestCpu& guest);

/// Lets the guest at the MSRs of IA-32e mode without a VM exit.
void let_long_mode_msrs_through(GuestCpu& guest);
/// RDMSR and WRMSR of one of these. False for #GP(0).
bool read_long_mode_msr(u32 index, u64& value);
bool write_long_mode_msr(GuestCpu& guest, u32 index, u64 value);

/// Those that stay in place while one guest runs.
void save_long_mode_msrs(GuestCpu& guest);
void load_long_mode_msrs(const GuestCpu& guest);

}  // namespace ringside::vmm
