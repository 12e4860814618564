#include "sim/cpu/delivery.hpp"

#include <utility>

#include "sim/cpu/debug.hpp"
#include "sim/cpu/delivery_modes.hpp"
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu {

using isa::Vector;
namespace fl = isa::flags;

u32 external_bit(const Delivery& event) {
    const bool asked_for = event.software() && event.kind != Delivery::PrivilegedSoftwareException;
    return asked_for ? 0 : isa::selector_error::EXT;
}

u64 pushed_flags(Exec& x, const Delivery& event) {
    const bool fault = event.kind == Delivery::Hardware && event.vector != u8(Vector::DB);
    return x.flags() | (fault ? fl::RF : 0);
}

namespace {

/// One attempt to reach the handler. Changes state only when nothing faulted.
void reach_handler(Exec& x, const Delivery& event) {
    if (!x.s.protected_mode()) return deliver_by_vector_table(x, event);
    if (x.s.v8086()) return deliver_in_v8086(x, event);
    if (x.s.long_mode()) return deliver_through_long_gate(x, event);
    deliver_through_gate(x, event);
}

/// SDM 3A "Interrupt 8—Double Fault Exception (#DF)".
bool contributory(u8 vector) { return vector == 0 || (vector >= 10 && vector <= 13); }

Delivery as_event(const Pending& fault) {
    return {Delivery::Hardware, fault.vector, fault.has_error_code,
            fault.error_code,   fault.cr2,    fault.debug};
}

Delivery combine(const Delivery& first, const Pending& second) {
    Delivery next = as_event(second);
    if (first.kind != Delivery::Hardware) return next;
    const bool page_fault = first.vector == u8(Vector::PF);
    const bool to_double =
        (contributory(first.vector) && contributory(second.vector)) ||
        (page_fault && (contributory(second.vector) || second.vector == u8(Vector::PF)));
    if (to_double) next = {Delivery::Hardware, u8(Vector::DF), true, 0, 0};
    return next;
}

trace::EventKind event_kind(const Delivery& event) {
    if (event.kind == Delivery::External || event.kind == Delivery::Nmi)
        return trace::EventKind::ExternalInterrupt;
    return event.software() ? trace::EventKind::SoftwareInterrupt : trace::EventKind::Exception;
}

void report(Exec& x, const Delivery& event, u8 cpl_before) {
    if (!x.sink) return;
    trace::Event e;
    e.kind = event_kind(event);
    e.vector = event.vector;
    e.has_error_code = event.has_error_code;
    e.error_code = event.error_code;
    e.cpl_before = cpl_before;
    e.cpl_after = x.s.cpl;
    e.a = event.vector == u8(Vector::PF) ? event.cr2 : 0;
    e.b = x.s.regs.rip;
    x.emit(e);
    emit_ring_change(x, cpl_before);
}

void deliver_as(Exec& x, const Delivery& first, bool injected) {
    const Delivery* event = &first;
    Delivery combined{};  // of those met on the way
    const u8 cpl_before = x.s.cpl;
    x.end_block();
    for (;; injected = false) {
        if (x.s.vmx.non_root && !injected && vmx::exits_on(x, *event)) return;
        // An injected page fault leaves CR2 to the VMM.
        if (event->kind == Delivery::Hardware && event->vector == u8(Vector::PF) && !injected)
            x.s.cr2 = event->cr2;
        if (event->kind == Delivery::Hardware && event->vector == u8(Vector::DB) && !injected)
            debug::record(x.s, event->debug);
        vmx::begin_vectoring(x.s, *event);
        reach_handler(x, *event);
        if (!x.attention.stopped) break;
        const Pending met = x.take_pending();
        if (event->software())
            x.s.regs.rip = x.start_rip;  // the fault or exit belongs to the INT itself
        if (met.kind == Pending::VmExit) return vmx::leave_guest(x, met);
        if (met.kind != Pending::Fault) return x.stop_with(met);
        // The exception bitmap is asked about the fault itself, before it can become a double or
        // triple one. SDM 3C "Information for VM Exits That Occur During Event Delivery".
        if (x.s.vmx.non_root && vmx::exits_on(x, as_event(met))) return;
        // CR2 tells of the last page fault met, also where that ends in a double fault. SDM 3A
        // "Interrupt 14—Page-Fault Exception (#PF)".
        if (met.vector == u8(Vector::PF)) x.s.cr2 = met.cr2;
        if (event->kind == Delivery::Hardware && event->vector == u8(Vector::DF)) {
            vmx::end_vectoring(x.s);  // a triple fault's exit is not during delivery
            if (x.s.vmx.non_root)
                return vmx::leave_guest(x, Pending::exit(isa::ExitReason::TRIPLE_FAULT, 0));
            Pending triple;
            triple.kind = Pending::TripleFault;
            return x.stop_with(triple);
        }
        combined = combine(*event, met);
        event = &combined;
        // Nor is one caused by the double fault itself. SDM 3C "Information for VM Exits That
        // Occur During Event Delivery".
        if (event->kind == Delivery::Hardware && event->vector == u8(Vector::DF))
            vmx::end_vectoring(x.s);
    }
    vmx::end_vectoring(x.s);
    x.s.activity = Activity::Active;
    x.s.shadow = Shadow::None;
    ++x.charge().interrupts;
    vmx::reach_boundary(x.s);
    report(x, *event, cpl_before);
}

}  // namespace

void deliver(Exec& x, const Delivery& event) { deliver_as(x, event, false); }
void deliver_pending_debug(Exec& x) {
    const u64 what = std::exchange(x.s.pending_debug, 0);
    deliver(x, {Delivery::Hardware, u8(Vector::DB), false, 0, 0, what});
}
void deliver_injected(Exec& x, const Delivery& event) { deliver_as(x, event, true); }

}  // namespace ringside::cpu
