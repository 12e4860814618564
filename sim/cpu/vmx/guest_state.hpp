// Moving state between the CPU and the guest-state and host-state areas of a VMCS.
// SDM 3C "Saving Guest State", "Loading Host State", "Loading Guest State".
#pragma once
#include "sim/cpu/exec.hpp"
#include "sim/cpu/vmx/vmcs.hpp"

namespace ringside::cpu::vmx {

void save_guest_state(Exec& x, const Vmcs& vmcs);
void load_guest_state(Exec& x, const Vmcs& vmcs);
void load_host_state(Exec& x, const Vmcs& vmcs);
/// For a host with PAE paging, after its CR3. False where one is not valid: a VMX abort. SDM 3C
/// "Checking and Loading Host Page-Directory-Pointer-Table Entries".
bool load_host_pdptes(Exec& x);
/// The end of every VM exit and of every failed entry that shows as one: host state, host MSRs.
void return_to_host(Exec& x, const Vmcs& vmcs);
/// The execution controls into the CPU, where the hot paths look at them.
void load_controls(Exec& x, const Vmcs& vmcs);

}  // namespace ringside::cpu::vmx
