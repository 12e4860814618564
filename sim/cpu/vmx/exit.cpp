// Leaving the guest. SDM 3C "VM Exits": one line for each section of the chapter.
#include "sim/cpu/vmx/guest_state.hpp"
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::vmx {

using isa::ExitReason;
using isa::VmcsField;

namespace {

/// Exits that an instruction caused: the length of the instruction is defined.
bool by_instruction(const Exec& x, const Pending& exit) {
    if (!x.current) return false;
    switch (exit.reason) {
        case ExitReason::EXTERNAL_INTERRUPT:
        case ExitReason::TRIPLE_FAULT:
        case ExitReason::INTERRUPT_WINDOW:
        case ExitReason::EPT_VIOLATION:
        case ExitReason::EPT_MISCONFIGURATION: return false;
        case ExitReason::EXCEPTION_OR_NMI: {
            const auto type = interruption::type(exit.interruption_info);
            return type == interruption::software_exception || type == interruption::privileged_software;
        }
        default: return true;
    }
}

/// "Recording VM-Exit Information and Updating VM-Entry Control Fields".
void record_exit_information(Exec& x, const Vmcs& v, const Pending& exit) {
    v.set(x.ram, VmcsField::EXIT_REASON, u32(exit.reason));
    v.set(x.ram, VmcsField::EXIT_QUALIFICATION, exit.qualification);
    v.set(x.ram, VmcsField::VM_EXIT_INTERRUPTION_INFORMATION, exit.interruption_info);
    v.set(x.ram, VmcsField::VM_EXIT_INTERRUPTION_ERROR_CODE, exit.interruption_error);
    v.set(x.ram, VmcsField::IDT_VECTORING_INFORMATION, x.s.vmx.idt_vectoring_info);
    v.set(x.ram, VmcsField::IDT_VECTORING_ERROR_CODE, x.s.vmx.idt_vectoring_error);
    v.set(x.ram, VmcsField::VM_EXIT_INSTRUCTION_LENGTH, by_instruction(x, exit) ? x.current->insn.length : 0);
    if (exit.reason == ExitReason::EPT_VIOLATION || exit.reason == ExitReason::EPT_MISCONFIGURATION) {
        v.set(x.ram, VmcsField::GUEST_LINEAR_ADDRESS, exit.guest_linear);
        v.set(x.ram, VmcsField::GUEST_PHYSICAL_ADDRESS, exit.guest_physical);
    }
    const u64 injected = v.get(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION);
    v.set(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION, injected & ~u64{interruption::valid});
}

}  // namespace

void leave_guest(Exec& x, const Pending& exit) {
    const Vmcs v(x.s.vmx.current_vmcs);
    const u8 cpl_before = x.s.cpl;
    record_exit_information(x, v, exit);
    save_guest_state(x, v);
    trace::Event e;
    e.kind = trace::EventKind::VmExit;
    e.vector = interruption::vector(exit.interruption_info);
    e.a = u32(exit.reason);
    e.b = exit.qualification;
    e.cpl_before = cpl_before;
    e.cpl_after = 0;
    x.emit(e);  // before root operation: it belongs to the guest's instruction
    x.s.vmx.non_root = false;
    end_vectoring(x.s);
    load_host_state(x, v);
    ++x.dynamic.vm_exits;
    x.end_block();
}

}  // namespace ringside::cpu::vmx
