// Far control flow and software interrupts. SDM 2A "CALL", "JMP", "INT n/INTO/INT3/INT1", "IRET";
// SDM 2B "RET".
#include "sim/cpu/delivery.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/segmentation.hpp"

namespace ringside::cpu::ops {
namespace {

using isa::Descriptor;
using isa::Selector;
using isa::Vector;

struct FarTarget {
    u16 selector = 0;
    u64 offset = 0;
};

FarTarget far_target(Exec& x, const Insn& i) {
    if (i.form == Form::FarPointer)
        return {i.immediate2, u64(i.immediate) & width_mask(i.operand_size)};
    const u64 at = x.address(i);
    const u64 offset = x.load(i.segment, at, i.operand_size);
    return {u16(x.load<2>(i.segment, at + i.operand_size)), offset};
}

/// A code segment named by a far CALL or JMP: the CPL stays. Gates and tasks stop by name.
bool direct_target(Exec& x, const FarTarget& target, Descriptor& d) {
    if (x.faulted()) return false;
    if (!x.s.protected_mode()) return x.not_modelled("a far transfer in real mode"), false;
    if (x.s.v8086()) return x.not_modelled("a far transfer in virtual-8086 mode"), false;
    const Selector selector{target.selector};
    if (selector.null()) return x.fault(Vector::GP, 0), false;
    if (!read_descriptor(x, selector, d)) return false;
    if (!d.segment()) return x.not_modelled("a far transfer through a gate or task"), false;
    const bool allowed =
        d.code() &&
        (d.conforming() ? d.dpl() <= x.s.cpl : selector.rpl() <= x.s.cpl && d.dpl() == x.s.cpl);
    if (!allowed) return x.fault(Vector::GP, selector.error()), false;
    if (!d.present()) return x.fault(Vector::NP, selector.error()), false;
    if (target.offset > d.limit()) return x.fault(Vector::GP, 0), false;
    mark_accessed(x, selector, d);
    return !x.faulted();
}

void load_code(Exec& x, const FarTarget& target, const Descriptor& d) {
    x.s.seg[decode::CS] = Segment::from(u16((target.selector & ~3u) | x.s.cpl), d);
    x.r->rip = target.offset;
    x.end_block();
}

void JMP_FAR(Exec& x, const Insn& i) {
    const FarTarget target = far_target(x, i);
    Descriptor d;
    if (direct_target(x, target, d)) load_code(x, target, d);
}

void CALL_FAR(Exec& x, const Insn& i) {
    const FarTarget target = far_target(x, i);
    Descriptor d;
    if (!direct_target(x, target, d)) return;
    const unsigned w = i.operand_size;
    const u64 top = (x.stack_pointer() - 2 * w) & width_mask(x.stack_size());
    x.store(decode::SS, (top + w) & width_mask(x.stack_size()), w, x.s.seg[decode::CS].selector);
    x.store(decode::SS, top, w, x.r->rip);
    if (x.faulted()) return;
    x.set_stack_pointer(top);
    load_code(x, target, d);
}

void RET_FAR(Exec& x, const Insn& i) {
    if (!x.s.protected_mode()) return x.not_modelled("a far return in real mode");
    if (x.s.v8086()) return x.not_modelled("a far return in virtual-8086 mode");
    const unsigned w = i.operand_size;
    const u64 mask = width_mask(x.stack_size()),
              released = i.form == Form::I ? u64(i.immediate) & 0xffff : 0;
    u64 sp = x.stack_pointer();
    const u64 offset = x.load(decode::SS, sp, w);
    const Selector selector{u16(x.load(decode::SS, (sp + w) & mask, w))};
    if (x.faulted()) return;
    if (selector.null()) return x.fault(Vector::GP, 0);
    Descriptor d;
    if (!read_descriptor(x, selector, d)) return;
    const u8 rpl = selector.rpl();
    if (!d.code() || rpl < x.s.cpl || (d.conforming() ? d.dpl() > rpl : d.dpl() != rpl))
        return x.fault(Vector::GP, selector.error());
    if (!d.present()) return x.fault(Vector::NP, selector.error());
    if (offset > d.limit()) return x.fault(Vector::GP, 0);
    sp = (sp + 2 * w + released) & mask;
    Segment stack = x.s.seg[decode::SS];
    const bool outer = rpl > x.s.cpl;
    if (outer) {
        const u64 new_sp = x.load(decode::SS, sp, w);
        const u16 ss = u16(x.load(decode::SS, (sp + w) & mask, w));
        if (x.faulted() || !check_stack_segment(x, ss, rpl, Vector::GP, 0, stack)) return;
        sp = new_sp + released;
    }
    mark_accessed(x, selector, d);
    if (x.faulted()) return;
    const u8 cpl_before = x.s.cpl;
    x.set_cpl(rpl);
    x.s.seg[decode::SS] = stack;
    x.set_stack_pointer(sp);
    load_code(x, {selector.value, offset}, d);
    if (!outer) return;
    drop_privileged_segments(x);
    trace::Event e;
    e.kind = trace::EventKind::RingChange;
    e.cpl_before = cpl_before;
    e.cpl_after = rpl;
    e.a = offset;
    x.emit(e);
}

void INT(Exec& x, const Insn& i) {
    x.software_interrupt(u8(i.immediate), Pending::SoftwareInterrupt);
}
void INT3(Exec& x, const Insn&) {
    x.software_interrupt(u8(Vector::BP), Pending::SoftwareException);
}
void INTO(Exec& x, const Insn&) {
    if (x.flag(isa::flags::OF)) x.software_interrupt(u8(Vector::OF), Pending::SoftwareException);
}
void INT1(Exec& x, const Insn&) {
    x.software_interrupt(u8(Vector::DB), Pending::PrivilegedSoftwareException);
}
void IRET(Exec& x, const Insn& i) { return_from_interrupt(x, i.operand_size); }

constexpr Binding table[] = {
    {isa::Op::JMP_FAR, [](const Insn&) -> Handler { return JMP_FAR; }},
    {isa::Op::CALL_FAR, [](const Insn&) -> Handler { return CALL_FAR; }},
    {isa::Op::RET_FAR, [](const Insn&) -> Handler { return RET_FAR; }},
    {isa::Op::INT, [](const Insn&) -> Handler { return INT; }},
    {isa::Op::INT3, [](const Insn&) -> Handler { return INT3; }},
    {isa::Op::INTO, [](const Insn&) -> Handler { return INTO; }},
    {isa::Op::INT1, [](const Insn&) -> Handler { return INT1; }},
    {isa::Op::IRET, [](const Insn&) -> Handler { return IRET; }},
};

}  // namespace

std::span<const Binding> far_transfers() { return table; }

}  // namespace ringside::cpu::ops
