// Exceptions and interrupts in IA-32e mode, and IRET. SDM 3A "Exception and Interrupt Handling in
// 64-bit Mode"; SDM 2A "INT n/INTO/INT3/INT1", "IRET/IRETD/IRETQ".
//
//   The frame, at a multiple of 16, always with SS and RSP:
//     SS | RSP | RFLAGS | CS | RIP | error code (of those exceptions that have one)
#include "sim/cpu/delivery_modes.hpp"
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu {

using isa::Descriptor;
using isa::LongDescriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;
namespace fl = isa::flags;

namespace {

/// The gate of the event, after all checks on it. SDM 3A "64-Bit Mode IDT".
bool find_gate(Exec& x, const Delivery& event, u32 external, LongDescriptor& gate) {
    const u64 offset = u64(event.vector) * sizeof(LongDescriptor);
    const u32 error = u32(event.vector) * 8 | isa::selector_error::IDT | external;
    const auto refuse = [&](Vector v) { return x.fault(v, error), false; };
    if (offset + sizeof(LongDescriptor) - 1 > x.s.idtr.limit) return refuse(Vector::GP);
    gate = {x.read_linear({x.s.idtr.base + offset}, 8, false),
            x.read_linear({x.s.idtr.base + offset + 8}, 8, false)};
    if (x.faulted()) return false;
    const Descriptor lower = gate.lower();
    if (!lower.is(SystemType::InterruptGate) && !lower.is(SystemType::TrapGate))
        return refuse(Vector::GP);
    const bool asked_for = external == 0;
    if (asked_for && lower.dpl() < x.s.cpl) return refuse(Vector::GP);
    return lower.present() || refuse(Vector::NP);
}

/// The handler's code segment: 64-bit code, at least as privileged as now.
bool find_handler(Exec& x, Selector selector, u32 external, Descriptor& code) {
    if (selector.null()) return x.fault(Vector::GP, external), false;
    if (!read_descriptor(x, selector, code, Vector::GP, external)) return false;
    const u32 error = selector.error() | external;
    if (!code.code() || code.dpl() > x.s.cpl || !code.long_mode() || code.big())
        return x.fault(Vector::GP, error), false;
    return code.present() || (x.fault(Vector::NP, error), false);
}

}  // namespace

void deliver_through_long_gate(Exec& x, const Delivery& event) {
    const u32 external = external_bit(event);
    LongDescriptor gate;
    if (!find_gate(x, event, external, gate)) return;
    const Selector selector{gate.lower().gate_selector()};
    Descriptor code;
    if (!find_handler(x, selector, external, code)) return;

    const bool inner = !code.conforming() && code.dpl() < x.s.cpl;
    const u8 cpl = inner ? code.dpl() : x.s.cpl;
    u64 rsp = x.s.regs.gpr[SP];
    const u8 ist = gate.stack_table_index();
    const u64 stack_field =
        ist ? offsetof(isa::Tss64, ist) + 8 * (ist - 1u) : offsetof(isa::Tss64, rsp) + 8u * cpl;
    if ((inner || ist) && !read_tss_stack(x, stack_field, external, rsp)) return;
    rsp &= ~u64{15};

    const auto push = [&](u64 value) {
        rsp -= 8;
        if (!isa::paging::canonical(rsp)) return x.fault(Vector::SS, external);
        x.write_linear({rsp}, 8, value, cpl == 3);
    };
    push(x.s.seg[decode::SS].selector);
    push(x.s.regs.gpr[SP]);
    push(pushed_flags(x, event));
    push(x.s.seg[decode::CS].selector);
    push(x.s.regs.rip);
    if (event.has_error_code) push(event.error_code);
    if (!isa::paging::canonical(gate.gate_offset())) x.fault(Vector::GP, external);
    if (x.faulted()) return;
    mark_accessed(x, selector, code);
    if (x.faulted()) return;

    if (inner) x.s.seg[decode::SS] = null_stack(cpl);
    x.s.regs.gpr[SP] = rsp;
    x.s.regs.rip = gate.gate_offset();
    const bool interrupt_gate = gate.lower().is(SystemType::InterruptGate);
    x.set_flags(0, fl::TF | fl::VM | fl::RF | fl::NT | (interrupt_gate ? fl::IF : 0));
    x.set_cpl(cpl);
    set_code_segment(x, Segment::from(u16((selector.value & ~3u) | cpl), code));
}

void return_from_interrupt_long(Exec& x, unsigned size) {
    State& s = x.s;
    if (x.flag(fl::NT)) return x.fault(Vector::GP, 0);
    const bool from64 = s.mode64();
    const u64 sp_mask = width_mask(x.stack_size()), sp = x.stack_pointer();
    const auto item = [&](unsigned n) {
        return x.load(decode::SS, (sp + n * size) & sp_mask, size);
    };
    const u64 rip = item(0), image = item(2);
    const Selector selector{u16(item(1))};
    if (x.faulted()) return;
    Descriptor d;
    if (!find_return_code_long(x, selector, rip, d)) return;
    const u8 rpl = selector.rpl();
    const bool outer = rpl > s.cpl, whole_frame = outer || from64;
    Segment stack = s.seg[decode::SS];
    u64 new_sp = (sp + 3 * size) & sp_mask;
    if (whole_frame) {
        new_sp = item(3);
        const Selector ss{u16(item(4))};
        if (x.faulted() || !find_return_stack_long(x, ss, rpl, d, stack)) return;
    }
    mark_accessed(x, selector, d);
    if (x.faulted()) return;

    const u8 cpl_before = s.cpl;
    x.set_flags(image, writable_flags(s, size) | (size == 2 ? 0 : fl::RF));
    s.regs.rip = rip;
    x.set_cpl(rpl);
    s.seg[decode::SS] = stack;
    set_code_segment(x, Segment::from(selector.value, d));
    x.set_reg(SP, x.stack_size(), new_sp);
    if (outer) {
        drop_privileged_segments(x);
        s.derive_segments();
    }
    ++x.charge().returns;
    x.emit(trace::EventKind::InterruptReturn, rip);
    emit_ring_change(x, cpl_before);
}

}  // namespace ringside::cpu
