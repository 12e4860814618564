// Which events and instructions leave the guest. SDM 3C "Other Causes of VM Exits",
// "Instructions That Cause VM Exits".
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/vmcs.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::vmx {

using isa::ExitReason;
using isa::VmcsField;

bool exits_on(Exec& x, const decode::Insn& i) {
    const isa::ExitRule rule = i.row().exit;
    switch (rule.kind) {
        case isa::ExitRule::Never:
        case isa::ExitRule::ByOperand: return false;
        case isa::ExitRule::Always: break;
        case isa::ExitRule::WhenPrimary:
            // RDTSC's #GP and INVLPG's address come first: their bodies ask.
            if (rule.reason == ExitReason::RDTSC || rule.reason == ExitReason::INVLPG) return false;
            if (!has(x.s.vmx.primary, bit(rule.bit))) return false;
            break;
        case isa::ExitRule::WhenSecondary:
            if (!secondary(x.s, isa::ProcBased2(rule.bit))) return false;
            break;
    }
    u64 qualification = 0;
    if (rule.reason == ExitReason::MOV_DR) {
        const bool from = i.op == isa::Op::MOV_FROM_DR;
        qualification =
            (from ? i.reg1 : i.reg0) | (from ? bit(4) : 0) | u64(from ? i.reg0 : i.reg1) << 8;
    } else if (i.has_memory() && i.op >= isa::Op::VMXON) {
        qualification = u64(i64(i.displacement));
    }
    x.vm_exit(rule.reason, qualification);
    return true;
}

/// SDM 3C "Exceptions": the bitmap; for #PF also the error code's mask and match.
bool exits_on(Exec& x, const Delivery& event) {
    const bool exception = event.kind == Delivery::Hardware ||
                           event.kind == Delivery::SoftwareException ||
                           event.kind == Delivery::PrivilegedSoftwareException;
    if (!exception) return false;
    bool wanted = has(x.s.vmx.exception_bitmap, bit(event.vector));
    if (event.kind == Delivery::Hardware && event.vector == u8(isa::Vector::PF)) {
        const Vmcs vmcs(x.s.vmx.current_vmcs);
        const u64 mask = vmcs.get(x.ram, VmcsField::PAGE_FAULT_ERROR_CODE_MASK);
        const u64 match = vmcs.get(x.ram, VmcsField::PAGE_FAULT_ERROR_CODE_MATCH);
        if ((event.error_code & mask) != match) wanted = !wanted;
    }
    if (!wanted) return false;
    Pending exit = Pending::exit(ExitReason::EXCEPTION_OR_NMI,
                                 event.vector == u8(isa::Vector::PF) ? event.cr2 : 0);
    exit.interruption_info = interruption::describe(event);
    exit.interruption_error = event.error_code;
    if (event.software()) x.s.regs.rip = x.start_rip;
    leave_guest(x, exit);
    return true;
}

bool exits_on_interrupt(Exec& x) {
    if (!pin(x.s, isa::PinBased::external_interrupt_exiting)) return false;
    Pending exit = Pending::exit(ExitReason::EXTERNAL_INTERRUPT, 0);
    const u64 controls = Vmcs(x.s.vmx.current_vmcs).get(x.ram, VmcsField::PRIMARY_VM_EXIT_CONTROLS);
    if (has(controls, bit(u8(isa::ExitControl::acknowledge_interrupt_on_exit)))) {
        const u8 vector = x.board.acknowledge(x.now);
        x.board_touched = true;
        exit.interruption_info = interruption::describe({Delivery::External, vector, false, 0, 0});
    }
    leave_guest(x, exit);
    return true;
}

bool interrupt_window_open(const State& s) {
    return primary(s, isa::ProcBased::interrupt_window_exiting) && s.interrupts_on() &&
           s.shadow == Shadow::None;
}

void begin_vectoring(State& s, const Delivery& event) {
    if (!s.vmx.non_root) return;
    s.vmx.idt_vectoring_info = interruption::describe(event);
    s.vmx.idt_vectoring_error = event.error_code;
}
void end_vectoring(State& s) { s.vmx.idt_vectoring_info = s.vmx.idt_vectoring_error = 0; }

}  // namespace ringside::cpu::vmx
