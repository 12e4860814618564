#include "sim/cpu/vmx/boundary.hpp"

#include "sim/cpu/vmx/interruption.hpp"
#include "sim/cpu/vmx/vmcs.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::cpu::vmx {

using isa::ExitReason;

namespace {

bool leave_for(Exec& x, ExitReason reason, u64 qualification = 0) {
    leave_guest(x, Pending::exit(reason, qualification));
    return true;
}

/// Virtual NMIs: open while the guest could take one.
bool nmi_window_open(const State& s) {
    return primary(s, isa::ProcBased::NMI_window_exiting) && !s.vmx.virtual_nmi_blocked &&
           s.shadow == Shadow::None;
}
bool interrupt_window_open(const State& s) {
    return primary(s, isa::ProcBased::interrupt_window_exiting) && s.interrupts_on() &&
           s.shadow == Shadow::None;
}

}  // namespace

bool exits_before_traps(Exec& x) {
    State& s = x.s;
    s.signals.startup = false;  // discarded in every state but wait-for-SIPI
    if (s.signals.init) {
        s.signals.init = false;
        return leave_for(x, ExitReason::INIT_SIGNAL);
    }
    if (s.vmx.below_threshold) return leave_for(x, ExitReason::TPR_BELOW_THRESHOLD);
    if (s.vmx.trap_pending) return leave_for(x, ExitReason::MONITOR_TRAP_FLAG);
    return false;
}

bool exits_after_traps(Exec& x) {
    if (x.now >= x.s.vmx.preemption_deadline)
        return leave_for(x, ExitReason::VMX_PREEMPTION_TIMER_EXPIRED);
    return nmi_window_open(x.s) && leave_for(x, ExitReason::NMI_WINDOW);
}

bool exits_on_nmi(Exec& x) {
    State& s = x.s;
    if (!pin(s, isa::PinBased::NMI_exiting)) return false;
    // With virtual NMIs, blocking by NMI is the guest's own affair.
    if (s.nmi_blocked) return false;
    s.signals.nmi = false;
    Pending exit = Pending::exit(ExitReason::EXCEPTION_OR_NMI, 0);
    exit.interruption_info =
        interruption::describe({Delivery::Nmi, u8(isa::Vector::NMI), false, 0, 0});
    leave_guest(x, exit);
    s.nmi_blocked = true;
    return true;
}

bool exits_on_interrupt_window(Exec& x) {
    return interrupt_window_open(x.s) && leave_for(x, ExitReason::INTERRUPT_WINDOW);
}

bool exits_on_interrupt(Exec& x) {
    if (!pin(x.s, isa::PinBased::external_interrupt_exiting)) return false;
    Pending exit = Pending::exit(ExitReason::EXTERNAL_INTERRUPT, 0);
    const u64 controls =
        Vmcs(x.s.vmx.current_vmcs).get(x.ram, isa::VmcsField::PRIMARY_VM_EXIT_CONTROLS);
    if (has(controls, bit(u8(isa::ExitControl::acknowledge_interrupt_on_exit)))) {
        const u8 vector = x.board.acknowledge(x.now);
        x.attention.board_touched = true;
        exit.interruption_info = interruption::describe({Delivery::External, vector, false, 0, 0});
    }
    leave_guest(x, exit);
    return true;
}

bool exits_on_startup(Exec& x) {
    State& s = x.s;
    if (!s.signals.startup) return false;
    s.signals.startup = false;
    return leave_for(x, ExitReason::STARTUP_IPI, s.signals.startup_vector);
}

}  // namespace ringside::cpu::vmx
