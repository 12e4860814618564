#include "sim/cpu/boundary.hpp"

#include "sim/cpu/delivery.hpp"
#include "sim/cpu/vmx/boundary.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::cpu {
namespace {

/// Outside VMX an INIT resets the CPU; in VMX root operation it is held back. SDM 3C "INIT
/// Signals". A processor that runs ignores start-up IPIs.
bool take_init(Exec& x) {
    State& s = x.s;
    s.signals.startup = false;
    if (!s.signals.init || s.vmx.on) return false;
    x.not_modelled("an INIT signal outside VMX operation");
    return true;
}

/// Traps of the last instruction; a MOV SS holds them back. SDM 3B "Debug Exceptions".
bool take_debug_trap(Exec& x) {
    if (!x.s.pending_debug || x.s.shadow == Shadow::MovSs) return false;
    deliver_pending_debug(x);
    return true;
}

/// SDM 3A "Nonmaskable Interrupt (NMI)".
bool take_nmi(Exec& x) {
    State& s = x.s;
    if (!s.signals.nmi || s.shadow != Shadow::None) return false;
    if (s.vmx.non_root && vmx::exits_on_nmi(x)) return true;
    if (s.nmi_blocked) return false;
    s.signals.nmi = false;
    s.nmi_blocked = true;
    deliver(x, {Delivery::Nmi, u8(isa::Vector::NMI), false, 0, 0});
    return true;
}

/// SDM 3A "Maskable Hardware Interrupts".
bool take_interrupt(Exec& x) {
    State& s = x.s;
    if (!x.board.interrupt_pending() || s.shadow != Shadow::None) return false;
    if (s.vmx.non_root && vmx::exits_on_interrupt(x)) return true;
    if (!s.interrupts_on()) return false;
    const u8 vector = x.board.acknowledge(x.now);
    x.attention.board_touched = true;
    deliver(x, {Delivery::External, vector, false, 0, 0});
    return true;
}

}  // namespace

bool take_event(Exec& x) {
    State& s = x.s;
    x.stand_at(s.regs.rip);
    x.current = nullptr;
    if (s.vmx.non_root) {
        if (s.activity == Activity::WaitForSipi) return vmx::exits_on_startup(x);
        if (vmx::exits_before_traps(x) || take_debug_trap(x) || vmx::exits_after_traps(x))
            return true;
        if (take_nmi(x)) return true;
        if (s.activity == Activity::Shutdown) return false;  // which blocks external interrupts
        return vmx::exits_on_interrupt_window(x) || take_interrupt(x);
    }
    return take_init(x) || take_debug_trap(x) || take_nmi(x) || take_interrupt(x);
}

bool can_wake(const State& s) {
    if (next_event(s) != never) return true;
    if (s.activity == Activity::WaitForSipi || s.activity == Activity::Shutdown) return false;
    return s.interrupts_on() || vmx::pin(s, isa::PinBased::external_interrupt_exiting);
}

}  // namespace ringside::cpu
