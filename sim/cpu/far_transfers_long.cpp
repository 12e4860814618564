// Far JMP, CALL and RET in IA-32e mode: code segments and 64-bit call gates; no tasks. SDM 2A
// "JMP", "CALL"; SDM 2B "RET"; SDM 3A "IA-32e Mode Call Gates", "Stack Switching in 64-bit Mode".
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/return_target.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu {

using isa::Descriptor;
using isa::LongDescriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;

bool check_long_target(Exec& x, Selector selector, Descriptor d, u64 offset) {
    if (d.long_mode() && d.big()) return x.fault(Vector::GP, selector.error()), false;
    const bool inside = d.long_mode() ? isa::paging::canonical(offset) : offset <= d.limit();
    return inside || (x.fault(Vector::GP, 0), false);
}

bool find_return_code_long(Exec& x, Selector selector, u64 offset, Descriptor& code) {
    ReturnTarget target;
    if (!find_return_code(x, selector, target)) return false;
    code = target.code;
    return check_long_target(x, selector, code, offset);
}

bool find_return_stack_long(Exec& x, Selector ss, u8 cpl, Descriptor code, Segment& out) {
    // SDM 2A "IRET/IRETD/IRETQ": below CPL 3, 64-bit code may have a null stack segment.
    if (ss.null() && code.long_mode() && cpl < 3 && ss.rpl() == cpl) {
        out = null_stack(cpl);
        return true;
    }
    return check_stack_segment(x, ss.value, cpl, Vector::GP, 0, out);
}

namespace {

/// Where a far transfer ends.
struct Target {
    Selector selector;
    Descriptor code;
    u64 offset = 0;
    bool by_gate = false;
};

/// SDM 3A "Accessing a Code Segment Through a Call Gate". JMP stays at its CPL.
bool through_gate(Exec& x, Selector selector, bool is_call, Target& out) {
    const auto refuse = [&](Selector what) { return x.fault(Vector::GP, what.error()), false; };
    LongDescriptor gate;
    if (!read_long_descriptor(x, selector, gate)) return false;
    if (!gate.lower().is(SystemType::CallGate)) return refuse(selector);
    if (gate.lower().dpl() < x.s.cpl || gate.lower().dpl() < selector.rpl())
        return refuse(selector);
    if (!gate.lower().present()) return x.fault(Vector::NP, selector.error()), false;
    out = {{gate.lower().gate_selector()}, {}, gate.gate_offset(), true};
    if (out.selector.null()) return x.fault(Vector::GP, 0), false;
    if (!read_descriptor(x, out.selector, out.code)) return false;
    const Descriptor d = out.code;
    const bool reachable = is_call || d.conforming() ? d.dpl() <= x.s.cpl : d.dpl() == x.s.cpl;
    if (!d.code() || !reachable || !d.long_mode() || d.big()) return refuse(out.selector);
    if (!d.present()) return x.fault(Vector::NP, out.selector.error()), false;
    return check_long_target(x, out.selector, d, out.offset);
}

bool find_target(Exec& x, Selector selector, u64 offset, bool is_call, Target& out) {
    if (x.faulted()) return false;
    if (selector.null()) return x.fault(Vector::GP, 0), false;
    out = {selector, {}, offset, false};
    if (!read_descriptor(x, selector, out.code)) return false;
    const Descriptor d = out.code;
    if (!d.segment()) return through_gate(x, selector, is_call, out);
    const bool allowed =
        d.code() &&
        (d.conforming() ? d.dpl() <= x.s.cpl : selector.rpl() <= x.s.cpl && d.dpl() == x.s.cpl);
    if (!allowed) return x.fault(Vector::GP, selector.error()), false;
    if (!d.present()) return x.fault(Vector::NP, selector.error()), false;
    return check_long_target(x, selector, d, offset);
}

void arrive(Exec& x, const Target& target) {
    x.s.regs.rip = target.offset;
    set_code_segment(x, Segment::from(u16((target.selector.value & ~3u) | x.s.cpl), target.code));
}

/// A call to more privilege: SS becomes null, RSP that of the TSS.
void call_inner_ring(Exec& x, Target& target) {
    const u8 cpl = target.code.dpl(), cpl_before = x.s.cpl;
    u64 rsp = 0;
    if (!read_tss_stack(x, offsetof(isa::Tss64, rsp) + 8u * cpl, 0, rsp)) return;
    const auto push = [&](u64 value) {
        rsp -= 8;
        if (!isa::paging::canonical(rsp)) return x.fault(Vector::SS, 0);
        x.write_linear({rsp}, 8, value, false);
    };
    push(x.s.seg[decode::SS].selector);
    push(x.s.regs.gpr[SP]);
    push(x.s.seg[decode::CS].selector);
    push(x.r->rip);
    if (x.faulted()) return;
    mark_accessed(x, target.selector, target.code);
    if (x.faulted()) return;
    x.s.seg[decode::SS] = null_stack(cpl);
    x.s.regs.gpr[SP] = rsp;
    x.set_cpl(cpl);
    arrive(x, target);
    emit_ring_change(x, cpl_before);
}

}  // namespace

void jump_far_long(Exec& x, u16 selector, u64 offset) {
    Target target;
    if (!find_target(x, {selector}, offset, false, target)) return;
    mark_accessed(x, target.selector, target.code);
    if (!x.faulted()) arrive(x, target);
}

void call_far_long(Exec& x, u16 selector, u64 offset, unsigned operand_size) {
    Target target;
    if (!find_target(x, {selector}, offset, true, target)) return;
    if (target.by_gate && !target.code.conforming() && target.code.dpl() < x.s.cpl)
        return call_inner_ring(x, target);
    const unsigned w = target.by_gate ? 8 : operand_size;
    const u64 mask = width_mask(x.stack_size()), top = (x.stack_pointer() - 2 * w) & mask;
    x.store(decode::SS, (top + w) & mask, w, x.s.seg[decode::CS].selector);
    x.store(decode::SS, top, w, x.r->rip & width_mask(w));
    mark_accessed(x, target.selector, target.code);
    if (x.faulted()) return;
    x.set_stack_pointer(top);
    arrive(x, target);
}

void return_far_long(Exec& x, unsigned w, u64 released) {
    const u64 mask = width_mask(x.stack_size());
    u64 sp = x.stack_pointer();
    const u64 offset = x.load(decode::SS, sp, w);
    const Selector selector{u16(x.load(decode::SS, (sp + w) & mask, w))};
    if (x.faulted()) return;
    Target target{selector, {}, offset, false};
    if (!find_return_code_long(x, selector, offset, target.code)) return;
    const u8 rpl = selector.rpl();
    sp = (sp + 2 * w + released) & mask;
    Segment stack = x.s.seg[decode::SS];
    const bool outer = rpl > x.s.cpl;
    if (outer) {
        const u64 new_sp = x.load(decode::SS, sp, w);
        const Selector ss{u16(x.load(decode::SS, (sp + w) & mask, w))};
        if (x.faulted() || !find_return_stack_long(x, ss, rpl, target.code, stack)) return;
        sp = new_sp + released;
    }
    mark_accessed(x, selector, target.code);
    if (x.faulted()) return;
    const u8 cpl_before = x.s.cpl;
    x.set_cpl(rpl);
    x.s.seg[decode::SS] = stack;
    arrive(x, target);
    x.set_stack_pointer(sp);
    if (!outer) return;
    drop_privileged_segments(x);
    x.s.derive_segments();
    emit_ring_change(x, cpl_before);
}

}  // namespace ringside::cpu
