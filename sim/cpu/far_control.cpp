#include "sim/cpu/far_control.hpp"

#include "sim/cpu/frame.hpp"
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/return_target.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/task_switch.hpp"

namespace ringside::cpu {

using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;

namespace {

bool real_like(const State& s) { return !s.protected_mode() || s.v8086(); }

void load_8086_code(Exec& x, u16 selector, u64 ip) {
    if (x.s.v8086())
        x.s.seg[decode::CS] = Segment::v8086(selector);
    else
        x.s.seg[decode::CS].load_real_code(selector);
    x.s.regs.rip = ip;
    x.end_block();
}

void load_code(Exec& x, Selector selector, u64 offset, Descriptor code, u8 cpl) {
    x.s.seg[decode::CS] = x.segments.of(u16((selector.value & ~3u) | cpl), code);
    x.s.regs.rip = offset;
    x.set_cpl(cpl);
    x.end_block();
}

/// CS:EIP of the caller; false after a fault. The frame is not loaded yet.
bool push_return_address(Exec& x, Frame& frame) {
    frame.push(x, x.s.seg[decode::CS].selector);
    frame.push(x, x.s.regs.rip);
    return !x.faulted();
}

/// Real-address or virtual-8086 mode.
void call_8086(Exec& x, const FarTarget& target, unsigned size) {
    Frame frame = Frame::current(x, size, 0);
    if (!frame.room(x, 2)) return;
    if (target.offset > x.s.seg[decode::CS].limit) return x.fault(Vector::GP, 0);
    if (!push_return_address(x, frame)) return;
    frame.load(x);
    load_8086_code(x, target.selector, target.offset);
}

void return_8086(Exec& x, unsigned size, u64 released) {
    const u64 mask = width_mask(x.stack_size()), sp = x.stack_pointer();
    const u64 ip = x.load(decode::SS, sp, size);
    const u16 cs = u16(x.load(decode::SS, (sp + size) & mask, size));
    if (x.faulted()) return;
    if (ip > x.s.seg[decode::CS].limit) return x.fault(Vector::GP, 0);
    x.set_stack_pointer(sp + 2 * size + released);
    load_8086_code(x, cs, ip);
}

/// The descriptor that a far CALL or JMP of protected mode names. False after a fault.
bool find_target(Exec& x, Selector selector, Descriptor& d) {
    if (selector.null()) return x.fault(Vector::GP, 0), false;
    return read_descriptor(x, selector, d);
}

/// CONFORMING-CODE-SEGMENT and NONCONFORMING-CODE-SEGMENT: the CPL stays.
bool same_ring_code(Exec& x, Selector selector, Descriptor d) {
    const bool allowed =
        d.conforming() ? d.dpl() <= x.s.cpl : selector.rpl() <= x.s.cpl && d.dpl() == x.s.cpl;
    if (!d.code() || !allowed) return x.fault(Vector::GP, selector.error()), false;
    if (!d.present()) return x.fault(Vector::NP, selector.error()), false;
    return true;
}

bool is_call_gate(Descriptor d) {
    return d.is(SystemType::CallGate) || d.is(SystemType::CallGate16);
}

/// A call gate that has been passed: where it leads.
struct Gate {
    unsigned size;  ///< 2 or 4
    Selector selector;
    u64 offset;
    Descriptor code;
    unsigned parameters;
    bool inner(const State& s) const { return !code.conforming() && code.dpl() < s.cpl; }
};

/// CALL-GATE. `call`: JMP cannot go to more privilege. False after a fault.
bool pass_gate(Exec& x, Selector selector, Descriptor d, bool call, Gate& gate) {
    if (d.dpl() < x.s.cpl || d.dpl() < selector.rpl())
        return x.fault(Vector::GP, selector.error()), false;
    if (!d.present()) return x.fault(Vector::NP, selector.error()), false;
    const bool wide = d.is(SystemType::CallGate);
    gate.size = wide ? 4 : 2;
    gate.selector = {d.gate_selector()};
    gate.offset = d.gate_offset() & (wide ? 0xffffffff : 0xffff);
    gate.parameters = d.gate_parameters();
    if (gate.selector.null()) return x.fault(Vector::GP, 0), false;
    if (!read_descriptor(x, gate.selector, gate.code)) return false;
    const Descriptor code = gate.code;
    const bool ring_allowed =
        call || code.conforming() ? code.dpl() <= x.s.cpl : code.dpl() == x.s.cpl;
    if (!code.code() || !ring_allowed) return x.fault(Vector::GP, gate.selector.error()), false;
    if (!code.present()) return x.fault(Vector::NP, gate.selector.error()), false;
    return true;
}

/// MORE-PRIVILEGE: the new stack gets the old SS:ESP, a copy of the parameters, CS:EIP.
bool build_inner_frame(Exec& x, const Gate& gate, Frame& frame) {
    if (!Frame::inner(x, gate.code.dpl(), gate.size, 0, frame)) return false;
    if (!frame.room(x, 4 + gate.parameters)) return false;
    if (gate.offset > gate.code.limit()) return x.fault(Vector::GP, 0), false;
    const u64 mask = width_mask(x.stack_size()), sp = x.stack_pointer();
    frame.push(x, x.s.seg[decode::SS].selector);
    frame.push(x, x.s.regs.gpr[SP]);
    for (unsigned n = gate.parameters; n-- > 0;)
        frame.push(x, x.load(decode::SS, (sp + n * gate.size) & mask, gate.size));
    return push_return_address(x, frame);
}

/// SAME-PRIVILEGE.
bool build_frame(Exec& x, const Gate& gate, Frame& frame) {
    frame = Frame::current(x, gate.size, 0);
    if (!frame.room(x, 2)) return false;
    if (gate.offset > gate.code.limit()) return x.fault(Vector::GP, 0), false;
    return push_return_address(x, frame);
}

void call_through_gate(Exec& x, Selector selector, Descriptor d) {
    Gate gate;
    if (!pass_gate(x, selector, d, true, gate)) return;
    const bool inner = gate.inner(x.s);
    Frame frame;
    if (!(inner ? build_inner_frame(x, gate, frame) : build_frame(x, gate, frame))) return;
    mark_accessed(x, gate.selector, gate.code);
    if (x.faulted()) return;
    const u8 cpl_before = x.s.cpl;
    frame.load(x);
    load_code(x, gate.selector, gate.offset, gate.code, frame.cpl);
    emit_ring_change(x, cpl_before);
}

void jump_through_gate(Exec& x, Selector selector, Descriptor d) {
    Gate gate;
    if (!pass_gate(x, selector, d, false, gate)) return;
    if (gate.offset > gate.code.limit()) return x.fault(Vector::GP, 0);
    mark_accessed(x, gate.selector, gate.code);
    if (!x.faulted()) load_code(x, gate.selector, gate.offset, gate.code, x.s.cpl);
}

/// TASK-GATE and TASK-STATE-SEGMENT; any other system descriptor is #GP.
void to_task(Exec& x, Selector selector, Descriptor d, bool call) {
    switch (SystemType(d.type())) {
        case SystemType::TaskGate:
        case SystemType::Tss16Available:
        case SystemType::Tss16Busy:
        case SystemType::TssAvailable:
        case SystemType::TssBusy: return far_transfer_to_task(x, selector, d, call);
        default: return x.fault(Vector::GP, selector.error());
    }
}

}  // namespace

void far_jump(Exec& x, const FarTarget& target) {
    if (x.faulted()) return;
    if (real_like(x.s)) {
        if (target.offset > x.s.seg[decode::CS].limit) return x.fault(Vector::GP, 0);
        return load_8086_code(x, target.selector, target.offset);
    }
    if (x.s.long_mode()) return jump_far_long(x, target.selector, target.offset);
    const Selector selector{target.selector};
    Descriptor d;
    if (!find_target(x, selector, d)) return;
    if (is_call_gate(d)) return jump_through_gate(x, selector, d);
    if (!d.segment()) return to_task(x, selector, d, false);
    if (!same_ring_code(x, selector, d)) return;
    if (target.offset > d.limit()) return x.fault(Vector::GP, 0);
    mark_accessed(x, selector, d);
    if (!x.faulted()) load_code(x, selector, target.offset, d, x.s.cpl);
}

void far_call(Exec& x, const FarTarget& target, unsigned size) {
    if (x.faulted()) return;
    if (real_like(x.s)) return call_8086(x, target, size);
    if (x.s.long_mode()) return call_far_long(x, target.selector, target.offset, size);
    const Selector selector{target.selector};
    Descriptor d;
    if (!find_target(x, selector, d)) return;
    if (is_call_gate(d)) return call_through_gate(x, selector, d);
    if (!d.segment()) return to_task(x, selector, d, true);
    if (!same_ring_code(x, selector, d)) return;
    Frame frame = Frame::current(x, size, 0);
    if (!frame.room(x, 2)) return;
    if (target.offset > d.limit()) return x.fault(Vector::GP, 0);
    if (!push_return_address(x, frame)) return;
    mark_accessed(x, selector, d);
    if (x.faulted()) return;
    frame.load(x);
    load_code(x, selector, target.offset, d, x.s.cpl);
}

void far_return(Exec& x, unsigned size, u64 released) {
    if (real_like(x.s)) return return_8086(x, size, released);
    if (x.s.long_mode()) return return_far_long(x, size, released);
    const u64 mask = width_mask(x.stack_size());
    u64 sp = x.stack_pointer();
    const u64 ip = x.load(decode::SS, sp, size);
    const Selector selector{u16(x.load(decode::SS, (sp + size) & mask, size))};
    if (x.faulted()) return;
    ReturnTarget target;
    if (!find_return_code(x, selector, target)) return;
    sp = (sp + 2 * size + released) & mask;
    if (target.outer) {
        const u64 outer_sp = x.load(decode::SS, sp, size);
        const u16 ss = u16(x.load(decode::SS, (sp + size) & mask, size));
        if (x.faulted() || !find_outer_stack(x, ss, target)) return;
        sp = outer_sp + released;
    }
    if (!accept_return(x, ip, target)) return;
    const u8 cpl_before = x.s.cpl;
    load_return(x, ip, sp, target);
    emit_ring_change(x, cpl_before);
}

}  // namespace ringside::cpu
