// Which events and instructions leave the guest. SDM 3C "Other Causes of VM Exits",
// "Instructions That Cause VM Exits".
#include "sim/cpu/vmx/instruction_information.hpp"
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/vmcs.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu::vmx {

using isa::ExitReason;
using isa::VmcsField;

namespace {

/// SDM 3C "PAUSE-Loop Exiting": only at CPL 0, and only where PAUSE does not exit anyway.
bool pause_loop_too_long(Exec& x) {
    State& s = x.s;
    if (!secondary(s, isa::ProcBased2::PAUSE_loop_exiting) || s.cpl > 0) return false;
    const Vmcs vmcs(s.vmx.current_vmcs);
    const bool goes_on = s.vmx.last_pause != never &&
                         x.now - s.vmx.last_pause <= vmcs.get(x.ram, VmcsField::PLE_GAP);
    if (!goes_on) s.vmx.loop_began = x.now;
    s.vmx.last_pause = x.now;
    return goes_on && x.now - s.vmx.loop_began > vmcs.get(x.ram, VmcsField::PLE_WINDOW);
}

/// Faults of their own come first, or the address of the operand is wanted.
bool body_asks(ExitReason reason) {
    return reason == ExitReason::RDTSC || reason == ExitReason::RDPMC ||
           reason == ExitReason::INVLPG || reason == ExitReason::MONITOR ||
           reason == ExitReason::MWAIT;
}

u64 qualification_of(Exec& x, const decode::Insn& i) {
    if (i.op == isa::Op::MOV_FROM_DR) return i.reg1 | bit(4) | u64(i.reg0) << 8;
    if (i.op == isa::Op::MOV_TO_DR) return i.reg0 | u64(i.reg1) << 8;
    return displacement_qualification(x, i);
}

}  // namespace

/// SDM 3C "Basic VM-Exit Information": with RIP-relative addressing the address itself, which is
/// what a block has as the displacement.
u64 displacement_qualification(const Exec& x, const decode::Insn& i) {
    if (!displacement_qualifies(i)) return 0;
    return u64(i64(i.displacement)) & (x.s.mode64() ? ~u64{0} : 0xffffffff);
}

bool exits_on(Exec& x, const decode::Insn& i) {
    const isa::ExitRule rule = i.row().exit;
    switch (rule.kind) {
        case isa::ExitRule::Never:
        case isa::ExitRule::ByOperand: return false;
        case isa::ExitRule::Always: break;
        case isa::ExitRule::WhenPrimary:
            if (body_asks(rule.reason)) return false;
            if (has(x.s.vmx.primary, bit(rule.bit))) break;
            if (i.op != isa::Op::PAUSE || !pause_loop_too_long(x)) return false;
            break;
        case isa::ExitRule::WhenSecondary:
            if (!secondary(x.s, isa::ProcBased2(rule.bit))) return false;
            break;
    }
    x.vm_exit(rule.reason, qualification_of(x, i));
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
    // SDM 3C "Exit Qualification for Debug Exceptions": as DR6 would have it.
    Pending exit = Pending::exit(ExitReason::EXCEPTION_OR_NMI,
                                 event.vector == u8(isa::Vector::PF) ? event.cr2 : event.debug);
    exit.interruption_info = interruption::describe(event);
    exit.interruption_error = event.error_code;
    if (event.software()) x.s.regs.rip = x.start_rip;
    leave_guest(x, exit);
    return true;
}

void begin_vectoring(State& s, const Delivery& event) {
    if (!s.vmx.non_root) return;
    s.vmx.idt_vectoring_info = interruption::describe(event);
    s.vmx.idt_vectoring_error = event.error_code;
}
void end_vectoring(State& s) { s.vmx.idt_vectoring_info = s.vmx.idt_vectoring_error = 0; }

}  // namespace ringside::cpu::vmx
