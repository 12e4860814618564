// Leaving the guest. SDM 3C "VM Exits": one line for each section of the chapter.
#include "sim/cpu/vmx/guest_state.hpp"
#include "sim/cpu/vmx/instruction_information.hpp"
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/msr_lists.hpp"
#include "sim/cpu/vmx/transition.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::cpu::vmx {

using isa::ExitReason;
using Abort = isa::VmxAbort;
using isa::VmcsField;

namespace {

/// "Information for VM Exits Due to Instruction Execution": the length, for exits that an
/// instruction caused and for those during the delivery of an event that an instruction asked for.
u64 instruction_length(const Exec& x, const Vmcs& v, const Pending& exit) {
    bool by_instruction = interruption::by_instruction(x.s.vmx.idt_vectoring_info);
    switch (exit.reason) {
        case ExitReason::EXTERNAL_INTERRUPT:
        case ExitReason::TRIPLE_FAULT:
        case ExitReason::INIT_SIGNAL:
        case ExitReason::STARTUP_IPI:
        case ExitReason::INTERRUPT_WINDOW:
        case ExitReason::NMI_WINDOW:
        case ExitReason::MONITOR_TRAP_FLAG:
        case ExitReason::TPR_BELOW_THRESHOLD:
        case ExitReason::VMX_PREEMPTION_TIMER_EXPIRED:
        case ExitReason::EPT_VIOLATION:
        case ExitReason::EPT_MISCONFIGURATION: break;
        case ExitReason::EXCEPTION_OR_NMI:
            by_instruction |= interruption::by_instruction(exit.interruption_info);
            break;
        case ExitReason::TASK_SWITCH:
            by_instruction |= !(x.s.vmx.idt_vectoring_info & interruption::valid);
            break;
        default: by_instruction = true;
    }
    if (!by_instruction) return 0;
    if (x.current) return x.current->insn.length;
    return v.get(x.ram, VmcsField::VM_ENTRY_INSTRUCTION_LENGTH);  // the event was injected
}

/// Bit 12 of three fields: an IRET that had ended blocking by NMI did not complete. Undefined, and
/// 0 here, in exits during the delivery of an event and for the double fault.
bool nmi_was_unblocked(const Exec& x, const Pending& exit) {
    if (!x.s.vmx.nmi_unblocked || (x.s.vmx.idt_vectoring_info & interruption::valid)) return false;
    return exit.reason == ExitReason::EPT_VIOLATION ||
           (exit.reason == ExitReason::EXCEPTION_OR_NMI &&
            interruption::type(exit.interruption_info) == interruption::hardware_exception &&
            interruption::vector(exit.interruption_info) != u8(isa::Vector::DF));
}

/// "Saving RIP, RSP, RFLAGS, and SSP": RF is saved as a fault would push it, which a debug
/// exception does not.
bool resumes(const Pending& exit) {
    return exit.reason == ExitReason::EPT_VIOLATION ||
           exit.reason == ExitReason::EPT_MISCONFIGURATION ||
           (exit.reason == ExitReason::EXCEPTION_OR_NMI &&
            interruption::type(exit.interruption_info) == interruption::hardware_exception &&
            interruption::vector(exit.interruption_info) != u8(isa::Vector::DB));
}

/// "Recording VM-Exit Information and Updating VM-Entry Control Fields".
void record_exit_information(Exec& x, const Vmcs& v, const Pending& exit) {
    const bool unblocked = nmi_was_unblocked(x, exit);
    const bool in_qualification = unblocked && exit.reason == ExitReason::EPT_VIOLATION;
    const bool in_information = unblocked && exit.reason == ExitReason::EXCEPTION_OR_NMI;
    v.set(x.ram, VmcsField::EXIT_REASON, u32(exit.reason));
    v.set(x.ram, VmcsField::EXIT_QUALIFICATION,
          exit.qualification | (in_qualification ? u64{interruption::nmi_unblocking} : 0));
    v.set(x.ram, VmcsField::VM_EXIT_INTERRUPTION_INFORMATION,
          exit.interruption_info | (in_information ? interruption::nmi_unblocking : 0));
    v.set(x.ram, VmcsField::VM_EXIT_INTERRUPTION_ERROR_CODE, exit.interruption_error);
    v.set(x.ram, VmcsField::IDT_VECTORING_INFORMATION, x.s.vmx.idt_vectoring_info);
    v.set(x.ram, VmcsField::IDT_VECTORING_ERROR_CODE, x.s.vmx.idt_vectoring_error);
    v.set(x.ram, VmcsField::VM_EXIT_INSTRUCTION_LENGTH, instruction_length(x, v, exit));
    v.set(x.ram, VmcsField::VM_EXIT_INSTRUCTION_INFORMATION,
          x.current ? instruction_information(x.current->insn) : 0);
    v.set(x.ram, VmcsField::GUEST_LINEAR_ADDRESS, exit.guest_linear);
    v.set(x.ram, VmcsField::GUEST_PHYSICAL_ADDRESS, exit.guest_physical);
    const u64 injected = v.get(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION);
    v.set(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION,
          injected & ~u64{interruption::valid});
}

}  // namespace

namespace {

/// "VMX Aborts": what went wrong is written into the VMCS region and the processor shuts down.
void abort(Exec& x, const Vmcs& v, Abort why) {
    v.set_abort(x.ram, u32(why));
    x.emit(trace::EventKind::VmxAbort, u32(why));
    x.s.activity = Activity::Shutdown;
}

/// What belongs to the guest's run only.
void forget_guest(State& s) {
    s.vmx.non_root = false;
    s.vmx.trap_pending = s.vmx.below_threshold = s.vmx.nmi_unblocked = false;
    s.vmx.virtual_nmi_blocked = false;
    s.vmx.preemption_value = s.vmx.preemption_deadline = never;
    s.vmx.loop_began = s.vmx.last_pause = never;
    end_vectoring(s);
}

}  // namespace

void return_to_host(Exec& x, const Vmcs& v) {
    forget_guest(x.s);
    if (x.s.long_mode() && !on(x, v, isa::ExitControl::host_address_space_size))
        return abort(x, v, Abort::host_not_64_bit);
    load_host_state(x, v);
    if (!load_host_pdptes(x)) return abort(x, v, Abort::host_PDPTEs);
    const auto failed = load_msrs(x, v.get(x.ram, VmcsField::VM_EXIT_MSR_LOAD_ADDRESS),
                                  u32(v.get(x.ram, VmcsField::VM_EXIT_MSR_LOAD_COUNT)));
    if (failed) abort(x, v, Abort::loading_host_msrs);
    ++x.charge().vm_exits;
    x.end_block();
}

void leave_guest(Exec& x, const Pending& exit) {
    const Vmcs v(x.s.vmx.current_vmcs);
    const u8 cpl_before = x.s.cpl;
    record_exit_information(x, v, exit);
    save_guest_state(x, v);
    if (resumes(exit) && !(x.s.vmx.idt_vectoring_info & interruption::valid))
        v.set(x.ram, VmcsField::GUEST_RFLAGS, x.s.regs.flags | isa::flags::RF);
    trace::Event e;
    e.kind = trace::EventKind::VmExit;
    e.vector = interruption::vector(exit.interruption_info);
    e.a = u32(exit.reason);
    e.b = exit.qualification;
    e.cpl_before = cpl_before;
    e.cpl_after = 0;
    x.emit(e);  // before root operation: it belongs to the guest's instruction
    if (!store_msrs(x, v.get(x.ram, VmcsField::VM_EXIT_MSR_STORE_ADDRESS),
                    u32(v.get(x.ram, VmcsField::VM_EXIT_MSR_STORE_COUNT)))) {
        forget_guest(x.s);
        return abort(x, v, Abort::saving_guest_msrs);
    }
    return_to_host(x, v);
}

}  // namespace ringside::cpu::vmx
