// Segments and system descriptors in IA-32e mode. SDM 3A "Segment Loading Instructions in IA-32e
// Mode", "System Segment Descriptors in IA-32e Mode", "Task Management in 64-bit Mode".
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu {

using isa::LongDescriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;

void set_code_segment(Exec& x, const Segment& cs) {
    x.s.seg[decode::CS] = cs;
    x.s.derive_segments();
    x.end_block();
}

Segment null_stack(u8 cpl) {
    Segment s = Segment::null(cpl);
    s.access |= u32(cpl) << rights::DPL_shift;
    return s;
}

bool find_long_descriptor(Exec& x, Selector selector, LongDescriptor& out) {
    const u64 limit = !selector.ldt() ? x.s.gdtr.limit : x.s.ldtr.usable() ? x.s.ldtr.limit : 0;
    if (u64(selector.offset()) + sizeof(LongDescriptor) - 1 > limit) return false;
    const u64 at = descriptor_address(x, selector).value;
    out = {x.read_linear({at}, 8, false), x.read_linear({at + 8}, 8, false)};
    return !x.faulted() && out.upper_type() == 0;
}

bool read_long_descriptor(Exec& x, Selector selector, LongDescriptor& out) {
    const bool found = find_long_descriptor(x, selector, out);
    if (!found) x.fault(Vector::GP, selector.error());  // unless it faulted before
    return found;
}

void load_segment64(Exec& x, decode::Seg seg, u16 value) {
    const Selector selector{value};
    const bool null_allowed =
        seg == decode::SS && selector.null() && x.s.cpl < 3 && selector.rpl() == x.s.cpl;
    if (null_allowed) {
        if (x.faulted()) return;
        x.s.seg[seg] = null_stack(x.s.cpl);
    } else if (seg == decode::SS) {
        load_stack_segment(x, value);
    } else {
        load_data_segment(x, seg, value);
    }
    x.s.derive_segments();
}

void set_segment_base(State& s, decode::Seg seg, u64 base) {
    s.seg[seg].base = base;
    s.derive_segments();
}

void load_ldt_long(Exec& x, Selector selector) {
    LongDescriptor d;
    if (!read_long_descriptor(x, selector, d)) return;
    if (!d.lower().is(SystemType::Ldt)) return x.fault(Vector::GP, selector.error());
    if (!d.lower().present()) return x.fault(Vector::NP, selector.error());
    if (!isa::paging::canonical(d.base())) return x.fault(Vector::GP, 0);
    x.s.ldtr = Segment::from(selector.value, d.lower());
    x.s.ldtr.base = d.base();
}

void load_task_register_long(Exec& x, Selector selector) {
    LongDescriptor d;
    if (!read_long_descriptor(x, selector, d)) return;
    if (!d.lower().is(SystemType::TssAvailable)) return x.fault(Vector::GP, selector.error());
    if (!d.lower().present()) return x.fault(Vector::NP, selector.error());
    if (!isa::paging::canonical(d.base())) return x.fault(Vector::GP, 0);
    d.low |= isa::tss_busy;
    const LinAddr access{descriptor_address(x, selector).value + 5};
    x.write_linear(access, 1, field(d.low, 47, 40), false);
    if (x.faulted()) return;
    x.s.tr = Segment::from(selector.value, d.lower());
    x.s.tr.base = d.base();
}

bool read_tss_stack(Exec& x, u64 offset, u32 external, u64& rsp) {
    if (offset + 7 > x.s.tr.limit) {
        x.fault(Vector::TS, Selector{x.s.tr.selector}.error() | external);
        return false;
    }
    rsp = x.read_linear({x.s.tr.base + offset}, 8, false);
    return !x.faulted();
}

}  // namespace ringside::cpu
