#include "sim/cpu/delivery.hpp"

#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu {

using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;
namespace fl = isa::flags;

namespace {

/// The frame that goes onto the handler's stack, and where it starts.
struct Frame {
    Segment stack;
    u64 sp = 0;
    u8 cpl = 0;
    u32 fault_code = 0;

    void push(Exec& x, u64 value) {
        sp = (sp - 4) & (stack.big() ? 0xffffffff : 0xffff);
        store_through(x, stack, sp, 4, value, cpl, Vector::SS, fault_code);
    }
};

/// SS:ESP of ring `cpl` from the TSS. SDM 3A "Stack Switching".
bool inner_stack(Exec& x, u8 cpl, u32 external, Frame& frame) {
    const Segment& tr = x.s.tr;
    if (!tr.usable() || tr.type() != u8(SystemType::TssBusy)) {
        x.not_modelled("a stack switch through a TSS that is not a 32-bit one");
        return false;
    }
    const u32 offset = 4 + 8 * cpl;
    if (offset + 7 > tr.limit) {
        x.fault(Vector::TS, Selector{tr.selector}.error() | external);
        return false;
    }
    frame.sp = x.read_linear({tr.base + offset}, 4, false);
    const u16 ss = u16(x.read_linear({tr.base + offset + 4}, 2, false));
    if (x.faulted()) return false;
    return check_stack_segment(x, ss, cpl, Vector::TS, external, frame.stack);
}

/// One attempt to reach the handler. Changes state only when nothing faulted.
void through_gate(Exec& x, const Delivery& event) {
    if (!x.s.protected_mode()) return x.not_modelled("an interrupt in real mode");
    if (x.s.v8086()) return x.not_modelled("an interrupt in virtual-8086 mode");
    const u32 external = event.software() ? 0 : isa::selector_error::EXT;
    const u32 entry_error = u32(event.vector) * 8 | isa::selector_error::IDT | external;
    if (u32(event.vector) * 8 + 7 > x.s.idtr.limit) return x.fault(Vector::GP, entry_error);
    const Descriptor gate{x.read_linear({x.s.idtr.base + u64(event.vector) * 8}, 8, false)};
    if (x.faulted()) return;
    if (gate.is(SystemType::TaskGate) || gate.is(SystemType::InterruptGate16) ||
        gate.is(SystemType::TrapGate16))
        return x.not_modelled("a task gate or 16-bit gate in the IDT");
    const bool interrupt_gate = gate.is(SystemType::InterruptGate);
    if (!interrupt_gate && !gate.is(SystemType::TrapGate)) return x.fault(Vector::GP, entry_error);
    if (event.software() && event.kind != Delivery::PrivilegedSoftwareException &&
        gate.dpl() < x.s.cpl)
        return x.fault(Vector::GP, entry_error);
    if (!gate.present()) return x.fault(Vector::NP, entry_error);

    const Selector selector{gate.gate_selector()};
    if (selector.null()) return x.fault(Vector::GP, external);
    Descriptor code;
    if (!read_descriptor(x, selector, code, Vector::GP, external)) return;
    if (!code.code() || code.dpl() > x.s.cpl)
        return x.fault(Vector::GP, selector.error() | external);
    if (!code.present()) return x.fault(Vector::NP, selector.error() | external);

    const bool inner = !code.conforming() && code.dpl() < x.s.cpl;
    Frame frame;
    frame.cpl = inner ? code.dpl() : x.s.cpl;
    if (inner) {
        if (!inner_stack(x, frame.cpl, external, frame)) return;
        frame.fault_code = Selector{frame.stack.selector}.error() | external;
        frame.push(x, x.s.seg[decode::SS].selector);
        frame.push(x, x.s.regs.gpr[SP] & 0xffffffff);
    } else {
        frame.stack = x.s.seg[decode::SS];
        frame.sp = x.stack_pointer();
        frame.fault_code = external;
    }
    // SDM 3B "Resume Flag (RF)": a fault's image has RF set.
    frame.push(x, x.s.regs.flags | (event.kind == Delivery::Hardware ? fl::RF : 0));
    frame.push(x, x.s.seg[decode::CS].selector);
    frame.push(x, x.s.regs.rip);
    if (event.has_error_code) frame.push(x, event.error_code);
    if (gate.gate_offset() > code.limit()) x.fault(Vector::GP, external);
    if (x.faulted()) return;
    mark_accessed(x, selector, code);
    if (x.faulted()) return;

    x.s.seg[decode::SS] = frame.stack;
    x.set_stack_pointer(frame.sp);
    x.s.seg[decode::CS] = Segment::from(u16((selector.value & ~3u) | frame.cpl), code);
    x.s.regs.rip = gate.gate_offset();
    x.s.regs.flags &= ~(fl::TF | fl::VM | fl::RF | fl::NT | (interrupt_gate ? fl::IF : 0));
    x.set_cpl(frame.cpl);
}

/// SDM 3A "Interrupt 8—Double Fault Exception (#DF)".
bool contributory(u8 vector) { return vector == 0 || (vector >= 10 && vector <= 13); }

Delivery as_event(const Pending& fault) {
    return {Delivery::Hardware, fault.vector, fault.has_error_code, fault.error_code, fault.cr2};
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
    if (cpl_before != x.s.cpl) {
        e.kind = trace::EventKind::RingChange;
        e.a = x.s.regs.rip;
        x.emit(e);
    }
}

void deliver_as(Exec& x, Delivery event, bool injected) {
    const u8 cpl_before = x.s.cpl;
    x.end_block();
    for (;; injected = false) {
        if (x.s.vmx.non_root && !injected && vmx::exits_on(x, event)) return;
        // An injected page fault leaves CR2 to the VMM.
        if (event.kind == Delivery::Hardware && event.vector == u8(Vector::PF) && !injected)
            x.s.cr2 = event.cr2;
        vmx::begin_vectoring(x.s, event);
        through_gate(x, event);
        const Pending met = x.take_pending();
        if (met.kind == Pending::None) break;
        if (event.software() && met.kind != Pending::None)
            x.s.regs.rip = x.start_rip;  // the fault or exit belongs to the INT itself
        if (met.kind == Pending::VmExit) return vmx::leave_guest(x, met);
        if (met.kind != Pending::Fault) return x.stop_with(met);
        // The exception bitmap is asked about the fault itself, before it can become a double or
        // triple one. SDM 3C "Information for VM Exits That Occur During Event Delivery".
        if (x.s.vmx.non_root && vmx::exits_on(x, as_event(met))) return;
        if (event.kind == Delivery::Hardware && event.vector == u8(Vector::DF)) {
            vmx::end_vectoring(x.s);  // a triple fault's exit is not during delivery
            if (x.s.vmx.non_root)
                return vmx::leave_guest(x, Pending::exit(isa::ExitReason::TRIPLE_FAULT, 0));
            Pending triple;
            triple.kind = Pending::TripleFault;
            return x.stop_with(triple);
        }
        event = combine(event, met);
        // Nor is one caused by the double fault itself. SDM 3C "Information for VM Exits That
        // Occur During Event Delivery".
        if (event.kind == Delivery::Hardware && event.vector == u8(Vector::DF))
            vmx::end_vectoring(x.s);
    }
    vmx::end_vectoring(x.s);
    x.s.activity = Activity::Active;
    x.s.shadow = Shadow::None;
    ++x.dynamic.interrupts;
    report(x, event, cpl_before);
}

}  // namespace

void deliver(Exec& x, Delivery event) { deliver_as(x, event, false); }
void deliver_injected(Exec& x, Delivery event) { deliver_as(x, event, true); }

u64 writable_flags(const State& s, unsigned operand_size) {
    u64 mask = fl::status | fl::TF | fl::DF | fl::NT | fl::AC | fl::ID;
    if (s.cpl <= s.iopl()) mask |= fl::IF;
    if (s.cpl == 0) mask |= fl::IOPL;
    return operand_size == 2 ? mask & 0xffff : mask;
}

namespace {

/// "RETURN-TO-OUTER-PRIVILEGE-LEVEL" and "RETURN-TO-SAME-PRIVILEGE-LEVEL" of SDM 2A "IRET/IRETD".
void iret_protected(Exec& x, unsigned size) {
    State& s = x.s;
    if (s.regs.flags & fl::NT) return x.not_modelled("IRET from a nested task");
    const u64 sp_mask = width_mask(x.stack_size());
    const u64 sp = x.stack_pointer();
    const auto item = [&](unsigned n) {
        return x.load(decode::SS, (sp + n * size) & sp_mask, size);
    };
    const u64 rip = item(0), cs = item(1) & 0xffff, image = item(2);
    if (x.faulted()) return;
    if ((image & fl::VM) && s.cpl == 0 && size == 4)
        return x.not_modelled("IRET to virtual-8086 mode");
    const Selector selector{u16(cs)};
    if (selector.null()) return x.fault(Vector::GP, 0);
    Descriptor d;
    if (!read_descriptor(x, selector, d)) return;
    const u8 rpl = selector.rpl();
    if (!d.code() || rpl < s.cpl) return x.fault(Vector::GP, selector.error());
    if (d.conforming() ? d.dpl() > rpl : d.dpl() != rpl)
        return x.fault(Vector::GP, selector.error());
    if (!d.present()) return x.fault(Vector::NP, selector.error());
    if (rip > d.limit()) return x.fault(Vector::GP, 0);
    const bool outer = rpl > s.cpl;
    Segment stack = s.seg[decode::SS];
    u64 new_sp = (sp + 3 * size) & sp_mask;
    if (outer) {
        new_sp = item(3);
        const u16 ss = u16(item(4));
        if (x.faulted() || !check_stack_segment(x, ss, rpl, Vector::GP, 0, stack)) return;
    }
    mark_accessed(x, selector, d);
    if (x.faulted()) return;

    const u64 mask = writable_flags(s, size) | (size == 4 ? fl::RF : 0);
    const u8 cpl_before = s.cpl;
    x.set_flags(image, mask);
    s.seg[decode::CS] = Segment::from(selector.value, d);
    s.regs.rip = rip;
    x.set_cpl(rpl);
    s.seg[decode::SS] = stack;
    if (outer) {
        x.set_reg(SP, stack.big() ? 4 : 2, new_sp);
        drop_privileged_segments(x);
    } else {
        x.set_stack_pointer(new_sp);
    }
    ++x.dynamic.returns;
    x.end_block();
    x.emit(trace::EventKind::InterruptReturn, rip);
    if (rpl != cpl_before && x.sink) {
        trace::Event e;
        e.kind = trace::EventKind::RingChange;
        e.cpl_before = cpl_before;
        e.cpl_after = rpl;
        e.a = rip;
        x.emit(e);
    }
}

}  // namespace

void return_from_interrupt(Exec& x, unsigned operand_size) {
    if (!x.s.protected_mode()) return x.not_modelled("IRET in real mode");
    if (x.s.v8086()) return x.not_modelled("IRET in virtual-8086 mode");
    iret_protected(x, operand_size);
}

}  // namespace ringside::cpu
