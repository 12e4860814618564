// Entering the guest. SDM 3C "VM Entries": one step for each section of the chapter.
#include "sim/cpu/vmx/entry_checks.hpp"
#include "sim/cpu/vmx/guest_state.hpp"
#include "sim/cpu/vmx/instruction_result.hpp"
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/msr_lists.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::vmx {

using isa::VmcsField;

void report_broken(Exec& x, const BrokenRule& broken) {
    trace::Event e;
    e.kind = trace::EventKind::VmEntryFailure;
    e.a = u64(broken.rule);
    e.b = broken.value;
    e.error_code = u32(broken.field);
    e.cpl_before = e.cpl_after = x.s.cpl;
    x.emit(e);
}

namespace {

/// "VM-Entry Failures During or After Loading Guest State": the host state is loaded as by an exit,
/// but the guest-state area stays as it was.
void fail_with_exit(Exec& x, const Vmcs& v, isa::ExitReason reason, u64 qualification) {
    v.set(x.ram, VmcsField::EXIT_REASON, u32(reason) | isa::entry_failure);
    v.set(x.ram, VmcsField::EXIT_QUALIFICATION, qualification);
    return_to_host(x, v);
}

/// "Event Injection".
void inject(Exec& x, const Vmcs& v) {
    const u32 info = u32(v.get(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION));
    if (!(info & interruption::valid)) return;
    Delivery event{Delivery::External, interruption::vector(info),
                   (info & interruption::error_code_valid) != 0,
                   u32(v.get(x.ram, VmcsField::VM_ENTRY_EXCEPTION_ERROR_CODE)), x.s.cr2};
    const u64 length = v.get(x.ram, VmcsField::VM_ENTRY_INSTRUCTION_LENGTH);
    x.stand_at(x.s.regs.rip);
    x.current = nullptr;  // the event has no instruction: its length comes from the VMCS
    switch (interruption::type(info)) {
        case interruption::external:
        case interruption::reserved: break;  // which rule NC2 has refused
        case interruption::nmi:
            event.kind = Delivery::Nmi;
            nmi_blocking(x.s) = true;
            break;
        case interruption::hardware_exception: event.kind = Delivery::Hardware; break;
        case interruption::software_interrupt: event.kind = Delivery::Software; break;
        case interruption::privileged_software:
            event.kind = Delivery::PrivilegedSoftwareException;
            break;
        case interruption::software_exception: event.kind = Delivery::SoftwareException; break;
        case interruption::other: x.s.vmx.trap_pending = true; return;  // "Pending MTF VM Exits"
    }
    if (event.software()) x.s.regs.rip += length;
    deliver_injected(x, event);
}

/// "Loading MSRs". False when the entry has failed, or the machine stops.
bool load_guest_msrs(Exec& x, const Vmcs& v) {
    const auto failed = load_msrs(x, v.get(x.ram, VmcsField::VM_ENTRY_MSR_LOAD_ADDRESS),
                                  u32(v.get(x.ram, VmcsField::VM_ENTRY_MSR_LOAD_COUNT)));
    if (failed) {
        report_broken(x, {failed->rule, VmcsField::VM_ENTRY_MSR_LOAD_ADDRESS, failed->index});
        fail_with_exit(x, v, isa::ExitReason::ENTRY_FAILURE_MSR_LOADING, failed->number);
    }
    return !failed && x.pending.kind == Pending::None;
}

}  // namespace

void enter_guest(Exec& x, bool launch) {
    const Vmcs v(x.s.vmx.current_vmcs);
    if (const auto broken = check_controls_and_host(x.ram, v, x.s.long_mode())) {
        report_broken(x, *broken);
        const bool host = isa::entry_rules[broken->rule].channel == isa::EntryChannel::Host8;
        return fail_valid(x, host ? isa::VmError::entry_invalid_host_state
                                  : isa::VmError::entry_invalid_controls);
    }
    if (const auto broken = check_guest(x.ram, v)) {
        report_broken(x, *broken);
        return fail_with_exit(x, v, isa::ExitReason::ENTRY_FAILURE_GUEST_STATE,
                              isa::entry_rules[broken->rule].qualification);
    }
    trace::Event e;
    e.kind = trace::EventKind::VmEntry;
    e.cpl_before = x.s.cpl;
    load_controls(x, v);
    x.s.vmx.non_root = true;
    load_guest_state(x, v);
    if (!load_guest_msrs(x, v)) return;
    if (launch) v.set_launched(x.ram, true);
    e.cpl_after = x.s.cpl;
    e.a = x.s.regs.rip;
    e.b = v.address();
    x.emit(e);
    ++x.charge().vm_entries;
    x.end_block();
    inject(x, v);
}

}  // namespace ringside::cpu::vmx
