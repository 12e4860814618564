// Leaving the guest. SDM 3C "VM Exits": one line for each section of the chapter.
#include "sim/cpu/vmx/guest_state.hpp"
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::vmx {

using isa::ExitReason;
using isa::VmcsField;

namespace {

/// "Information for VM Exits Due to Instruction Execution": the length, for exits that an
/// instruction caused and for those during the delivery of an event that an instruction asked for.
u64 instruction_length(const Exec& x, const Vmcs& v, const Pending& exit) {
    bool by_instruction = interruption::by_instruction(x.s.vmx.idt_vectoring_info);
    switch (exit.reason) {
        case ExitReason::EXTERNAL_INTERRUPT:
        case ExitReason::TRIPLE_FAULT:
        case ExitReason::INTERRUPT_WINDOW:
        case ExitReason::EPT_VIOLATION:
        case ExitReason::EPT_MISCONFIGURATION: break;
        case ExitReason::EXCEPTION_OR_NMI:
            by_instruction |= interruption::by_instruction(exit.interruption_info);
            break;
        default: by_instruction = true;
    }
    if (!by_instruction) return 0;
    if (x.current) return x.current->insn.length;
    return v.get(x.ram, VmcsField::VM_ENTRY_INSTRUCTION_LENGTH);  // the event was injected
}

/// "Format of the VM-Exit Instruction-Information Field" of the VMX instructions.
///
///   | 31:28 reg2 | 27 no base | 26:23 base | 22 no index | 21:18 index | 17:15 segment |
///   | 10 register operand | 9:7 address size | 6:3 reg1 | 1:0 scaling |
u32 instruction_information(const Exec& x) {
    if (!x.current || x.current->insn.op < isa::Op::VMXON) return 0;
    const decode::Insn& i = x.current->insn;
    const bool to_memory = i.form == decode::Form::MR;
    const u8 encoding_register = to_memory ? i.reg0 : i.reg1;
    u32 info = 0;
    if (i.has_memory()) {
        const bool has_base = i.base != decode::no_register,
                   has_index = i.index != decode::no_register;
        info = u32(i.scale == 8   ? 3
                   : i.scale == 4 ? 2
                   : i.scale == 2 ? 1
                                  : 0) |
               (i.address_size == 4 ? 1u << 7 : 0) | u32(i.segment) << 15 |
               (has_index ? u32(i.index) << 18 : 1u << 22) |
               (has_base ? u32(i.base) << 23 : 1u << 27);
    } else {
        info = 1u << 10;
    }
    switch (i.op) {
        case isa::Op::VMREAD:
            return info | (i.has_memory() ? 0 : u32(i.reg0) << 3) | u32(encoding_register) << 28;
        case isa::Op::VMWRITE:
            return info | (i.has_memory() ? 0 : u32(i.reg1) << 3) | u32(i.reg0) << 28;
        case isa::Op::INVEPT:
        case isa::Op::INVVPID: return info | u32(i.reg0) << 28;
        case isa::Op::VMXON:
        case isa::Op::VMCLEAR:
        case isa::Op::VMPTRLD:
        case isa::Op::VMPTRST: return info;
        default: return 0;
    }
}

/// "Saving RIP, RSP, RFLAGS, and SSP": RF is saved as a fault would push it.
bool resumes(const Pending& exit) {
    return exit.reason == ExitReason::EPT_VIOLATION ||
           exit.reason == ExitReason::EPT_MISCONFIGURATION ||
           (exit.reason == ExitReason::EXCEPTION_OR_NMI &&
            interruption::type(exit.interruption_info) == interruption::hardware_exception);
}

/// "Recording VM-Exit Information and Updating VM-Entry Control Fields".
void record_exit_information(Exec& x, const Vmcs& v, const Pending& exit) {
    v.set(x.ram, VmcsField::EXIT_REASON, u32(exit.reason));
    v.set(x.ram, VmcsField::EXIT_QUALIFICATION, exit.qualification);
    v.set(x.ram, VmcsField::VM_EXIT_INTERRUPTION_INFORMATION, exit.interruption_info);
    v.set(x.ram, VmcsField::VM_EXIT_INTERRUPTION_ERROR_CODE, exit.interruption_error);
    v.set(x.ram, VmcsField::IDT_VECTORING_INFORMATION, x.s.vmx.idt_vectoring_info);
    v.set(x.ram, VmcsField::IDT_VECTORING_ERROR_CODE, x.s.vmx.idt_vectoring_error);
    v.set(x.ram, VmcsField::VM_EXIT_INSTRUCTION_LENGTH, instruction_length(x, v, exit));
    v.set(x.ram, VmcsField::VM_EXIT_INSTRUCTION_INFORMATION, instruction_information(x));
    v.set(x.ram, VmcsField::GUEST_LINEAR_ADDRESS, exit.guest_linear);
    v.set(x.ram, VmcsField::GUEST_PHYSICAL_ADDRESS, exit.guest_physical);
    const u64 injected = v.get(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION);
    v.set(x.ram, VmcsField::VM_ENTRY_INTERRUPTION_INFORMATION,
          injected & ~u64{interruption::valid});
}

}  // namespace

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
    x.s.vmx.non_root = false;
    end_vectoring(x.s);
    load_host_state(x, v);
    ++x.dynamic.vm_exits;
    x.end_block();
}

}  // namespace ringside::cpu::vmx
