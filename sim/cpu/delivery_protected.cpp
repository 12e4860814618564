// Through the IDT: interrupt and trap gates, 16- and 32-bit, and task gates.
#include "sim/cpu/delivery_modes.hpp"
#include "sim/cpu/frame.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/task_switch.hpp"

namespace ringside::cpu {

using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;
namespace fl = isa::flags;

namespace {

bool any_of(Descriptor gate, SystemType narrow, SystemType wide) {
    return gate.is(narrow) || gate.is(wide);
}
bool interrupt_gate(Descriptor gate) {
    return any_of(gate, SystemType::InterruptGate16, SystemType::InterruptGate);
}
bool trap_gate(Descriptor gate) {
    return any_of(gate, SystemType::TrapGate16, SystemType::TrapGate);
}

/// The gate, with all checks on it. False after a fault.
bool find_gate(Exec& x, const Delivery& event, u32 external, Descriptor& gate) {
    const u32 error = u32(event.vector) * 8 | isa::selector_error::IDT | external;
    const auto refuse = [&](Vector v) { return x.fault(v, error), false; };
    if (u32(event.vector) * 8 + 7 > x.s.idtr.limit) return refuse(Vector::GP);
    gate.raw = x.read_linear({x.s.idtr.base + u64(event.vector) * 8}, 8, false);
    if (x.faulted()) return false;
    if (!interrupt_gate(gate) && !trap_gate(gate) && !gate.is(SystemType::TaskGate))
        return refuse(Vector::GP);
    if (event.software() && event.kind != Delivery::PrivilegedSoftwareException &&
        gate.dpl() < x.s.cpl)
        return refuse(Vector::GP);
    if (!gate.present()) return refuse(Vector::NP);
    return true;
}

/// The handler's code segment: never of less privilege, and of ring 0 from virtual-8086 mode.
bool find_handler_code(Exec& x, Selector selector, u32 external, Descriptor& code) {
    if (selector.null()) return x.fault(Vector::GP, external), false;
    if (!read_descriptor(x, selector, code, Vector::GP, external)) return false;
    const bool allowed = code.code() && code.dpl() <= x.s.cpl;
    const bool inner_ring_0 = !code.conforming() && code.dpl() == 0;
    if (!allowed || (x.s.v8086() && !inner_ring_0))
        return x.fault(Vector::GP, selector.error() | external), false;
    if (!code.present()) return x.fault(Vector::NP, selector.error() | external), false;
    return true;
}

constexpr decode::Seg data_segments[] = {decode::GS, decode::FS, decode::DS, decode::ES};

/// The stack and all that goes onto it. False after a fault.
bool build_frame(Exec& x, const Delivery& event, u32 external, unsigned size, Descriptor code,
                 u64 offset, Frame& frame) {
    const bool inner = !code.conforming() && code.dpl() < x.s.cpl, v8086 = x.s.v8086();
    if (inner) {
        if (!Frame::inner(x, code.dpl(), size, external, frame)) return false;
    } else {
        frame = Frame::current(x, size, external);
    }
    const unsigned items = 3 + (event.has_error_code ? 1 : 0) + (inner ? 2 : 0) + (v8086 ? 4 : 0);
    if (!frame.room(x, items)) return false;
    if (offset > code.limit()) return x.fault(Vector::GP, external), false;
    if (v8086)
        for (const decode::Seg seg : data_segments) frame.push(x, x.s.seg[seg].selector);
    if (inner) {
        frame.push(x, x.s.seg[decode::SS].selector);
        frame.push(x, x.s.regs.gpr[SP]);
    }
    frame.push(x, pushed_flags(x, event));
    frame.push(x, x.s.seg[decode::CS].selector);
    frame.push(x, x.s.regs.rip);
    if (event.has_error_code) frame.push(x, event.error_code);
    return !x.faulted();
}

}  // namespace

void deliver_through_gate(Exec& x, const Delivery& event) {
    const u32 external = external_bit(event);
    Descriptor gate;
    if (!find_gate(x, event, external, gate)) return;
    if (gate.is(SystemType::TaskGate)) return deliver_to_task(x, event, gate);
    const bool wide = gate.is(SystemType::InterruptGate) || gate.is(SystemType::TrapGate);
    const u64 offset = gate.gate_offset() & (wide ? 0xffffffff : 0xffff);
    const Selector selector{gate.gate_selector()};
    Descriptor code;
    if (!find_handler_code(x, selector, external, code)) return;
    Frame frame;
    if (!build_frame(x, event, external, wide ? 4 : 2, code, offset, frame)) return;
    mark_accessed(x, selector, code);
    if (x.faulted()) return;

    const bool v8086 = x.s.v8086();
    x.set_flags(0, fl::TF | fl::VM | fl::RF | fl::NT | (interrupt_gate(gate) ? fl::IF : 0));
    x.set_cpl(frame.cpl);
    frame.load(x);
    x.s.seg[decode::CS] = x.segments.of(u16((selector.value & ~3u) | frame.cpl), code);
    x.s.regs.rip = offset;
    if (v8086)
        for (const decode::Seg seg : data_segments) x.s.seg[seg] = Segment::null(0);
}

}  // namespace ringside::cpu
