#include "scenarios/vmms/common/interrupts.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/interrupt_sources.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/segments.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/surroundings.hpp"

namespace ringside::vmm {

using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;

/// SDM 3A "Stack Switching in Inter-Privilege Calls" has the rules.
Fault inner_stack(Guest& guest, TrapFrame& frame, u32 external, u16& ss, u32& esp) {
    const VCpu::SystemSegment& tr = guest.cpu.tr;
    struct {
        u32 esp0, ss0;
    } inner;
    if (tr.limit < 4 + sizeof inner - 1)
        return fault(Vector::TS, Selector{tr.selector}.error() | external);
    if (const Fault f = read_linear(guest, tr.base + 4, &inner, sizeof inner)) return f;
    Descriptor d;
    if (Fault f = check_stack_segment(guest, frame, u16(inner.ss0), 0, Vector::TS, d)) {
        f.error_code |= external;
        return f;
    }
    ss = u16(inner.ss0);
    esp = inner.esp0;
    return {};
}

namespace {

struct Delivery {
    u8 vector;
    bool has_error_code;
    u32 error_code;
    bool software;  ///< INT n, INT3, INTO: the gate's DPL counts
    u32 return_eip;
};

/// Through the virtual IDT. The frame changes only if there is no fault.
Fault deliver(Guest& guest, TrapFrame& frame, const Delivery& d) {
    VCpu& cpu = guest.cpu;
    const u8 cpl = virtual_cpl(frame);
    const u32 external = d.software ? 0 : isa::selector_error::EXT;
    const u32 gate_error = u32(d.vector) * 8 | isa::selector_error::IDT | external;

    Descriptor gate;
    if (u32(d.vector) * 8 + 7 > cpu.idtr.limit) return fault(Vector::GP, gate_error);
    if (const Fault f = read_linear(guest, cpu.idtr.base + d.vector * 8, &gate, sizeof gate))
        return f;
    if (gate.is(SystemType::TaskGate) || gate.is(SystemType::InterruptGate16) ||
        gate.is(SystemType::TrapGate16))
        stop("not modelled: a task gate or 16-bit gate in the guest's IDT, vector ", u32(d.vector));
    const bool interrupt_gate = gate.is(SystemType::InterruptGate);
    if (!interrupt_gate && !gate.is(SystemType::TrapGate)) return fault(Vector::GP, gate_error);
    if (d.software && gate.dpl() < cpl) return fault(Vector::GP, gate_error);
    if (!gate.present()) return fault(Vector::NP, gate_error);

    const Selector target{gate.gate_selector()};
    Descriptor code;
    if (target.null()) return fault(Vector::GP, external);
    if (Fault f = read_descriptor(guest, target.value, code)) return f.error_code |= external, f;
    if (!code.code() || code.dpl() > cpl) return fault(Vector::GP, target.error() | external);
    const u8 new_cpl = code.conforming() ? cpl : code.dpl();
    if (Fault f = check_code_segment(guest, frame, target.value, new_cpl, gate.gate_offset()))
        return f.error_code |= external, f;

    // The new stack, then what goes onto it, top first: SS, ESP (from an outer ring), EFLAGS, CS,
    // EIP, error code.
    TrapFrame next = frame;
    u32 words[6];
    u32 count = 0;
    auto add = [&](u32 word) { words[5 - count++] = word; };
    if (new_cpl != cpl) {
        u16 ss = 0;
        if (const Fault f = inner_stack(guest, frame, external, ss, next.esp)) return f;
        next.ss = real_selector(ss);
        add(guest.descriptors.guests(frame.ss));
        add(frame.esp);
    }
    add(cpu.guest_eflags(frame.eflags));
    add(guest.descriptors.guests(frame.cs));
    add(d.return_eip);
    if (d.has_error_code) add(d.error_code);

    next.cs = new_cpl == 0 ? real_selector(u16(target.value & ~3)) : u16(target.value | 3);
    if (const Fault f = push(guest, next, words + 6 - count, count)) return f;

    // `frame` itself may have had segment registers moved to kept descriptors meanwhile: copy the
    // rest only.
    frame.ss = next.ss;
    frame.esp = next.esp;
    frame.cs = next.cs;
    frame.eip = gate.gate_offset();
    frame.eflags &= u32(~(isa::flags::TF | isa::flags::NT | isa::flags::RF | isa::flags::VM));
    if (interrupt_gate) cpu.set_interrupts(false);
    return {};
}

bool contributory(i16 vector) {
    return vector == 0 || (vector >= i16(Vector::TS) && vector <= i16(Vector::GP));
}

/// SDM 3A "Interrupt 8—Double Fault Exception (#DF)", table "Conditions for Generating a Double
/// Fault".
bool makes_double_fault(i16 first, i16 second) {
    const i16 page_fault = i16(Vector::PF);
    if (first == page_fault) return contributory(second) || second == page_fault;
    return contributory(first) && contributory(second);
}

/// Delivers `event`; the faults that this may raise are delivered in its place.
void deliver_or_escalate(Guest& guest, TrapFrame& frame, const Delivery& event, i16 first) {
    Fault next = deliver(guest, frame, event);
    while (next) {
        if (first == i16(Vector::DF))
            stop("the guest's CPU shut down: a triple fault at ", Hex{frame.eip});
        if (makes_double_fault(first, next.vector)) next = fault(Vector::DF);
        if (next.vector == i16(Vector::PF)) guest.cpu.cr2 = next.address;
        first = next.vector;
        const u8 vector = u8(first);
        next = deliver(guest, frame,
                       {vector, isa::pushes_error_code(vector), next.error_code, false, frame.eip});
    }
}

}  // namespace

void deliver_exception(Guest& guest, TrapFrame& frame, Fault exception) {
    const u8 vector = u8(exception.vector);
    const u32 eip = frame.eip;
    PROBE("trap.reflect", vector, eip);
    if (vector == u8(Vector::PF)) guest.cpu.cr2 = exception.address;
    deliver_or_escalate(guest, frame,
                        {vector, isa::pushes_error_code(vector), exception.error_code, false, eip},
                        exception.vector);
}

void deliver_software_interrupt(Guest& guest, TrapFrame& frame, u8 vector, u8 length) {
    const u32 eip = frame.eip;
    PROBE("trap.reflect", vector, eip);
    constexpr i16 benign = i16(Vector::BP);
    deliver_or_escalate(guest, frame, {vector, false, 0, true, eip + length}, benign);
}

bool interrupt_pending(Guest& guest) {
    const bool pending = interrupt_pending(guest.apic, guest.board.pic);
    if (!pending && guest.apic.timer_runs()) wake_by(guest.apic.timer_due());
    return pending;
}

bool can_wake(const Guest& guest) { return guest.board.can_wake() || guest.apic.timer_runs(); }

bool deliver_pending_interrupt(Guest& guest, TrapFrame& frame) {
    VCpu& cpu = guest.cpu;
    const bool pending = interrupt_pending(guest);
    if (cpu.sti_shadow && cpu.sti_shadow_eip == frame.eip) return false;
    cpu.sti_shadow = false;
    if (!cpu.interrupts_on() || !pending) return false;
    const u8 vector = acknowledge_interrupt(guest.apic, guest.board.pic);
    guest.watchdog.saw_it_alive();
    PROBE("guest.interrupt", vector);
    constexpr i16 benign = i16(Vector::NMI);
    deliver_or_escalate(guest, frame, {vector, false, 0, false, frame.eip}, benign);
    return true;
}

void heed_watchdog(Guest& guest, const TrapFrame& frame) {
    const bool can_be_interrupted = guest.cpu.interrupts_on() && can_wake(guest);
    if (guest.watchdog.tick(can_be_interrupted))
        stop(Watchdog::cause, guest.watchdog.ticks(), Watchdog::remedy, " at ", Hex{frame.eip});
}

Fault return_from_interrupt(Guest& guest, TrapFrame& frame) {
    return far_return(guest, frame, true, 0);
}

}  // namespace ringside::vmm
