#include "sim/cpu/segmentation.hpp"

#include <algorithm>

#include "sim/cpu/long_mode.hpp"

namespace ringside::cpu {

using decode::Seg;
using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;

namespace {

bool in_table(const Exec& x, Selector selector) {
    if (selector.ldt()) return x.s.ldtr.usable() && u64(selector.offset()) + 7 <= x.s.ldtr.limit;
    return u64(selector.offset()) + 7 <= x.s.gdtr.limit;
}

}  // namespace

LinAddr descriptor_address(const Exec& x, Selector selector) {
    const LinAddr at{(selector.ldt() ? x.s.ldtr.base : x.s.gdtr.base) + selector.offset()};
    return {at.value & x.s.linear_mask(at)};
}

bool find_descriptor(Exec& x, Selector selector, Descriptor& out) {
    if (selector.null() || !in_table(x, selector)) return false;
    out.raw = x.read_linear(descriptor_address(x, selector), 8, false);
    return !x.faulted();
}

bool read_descriptor(Exec& x, Selector selector, Descriptor& out, Vector vector, u32 external) {
    if (!in_table(x, selector)) {
        x.fault(vector, selector.error() | external);
        return false;
    }
    out.raw = x.read_linear(descriptor_address(x, selector), 8, false);
    return !x.faulted();
}

void set_accessed(Exec& x, Selector selector, Descriptor& d) {
    d.raw |= bit(40);
    x.write_linear({descriptor_address(x, selector).value + 5}, 1, field(d.raw, 47, 40), false);
}

void load_data_segment(Exec& x, Seg seg, u16 value) {
    const Selector selector{value};
    if (selector.null()) {
        if (!x.faulted()) x.s.seg[seg] = Segment::null(value);
        return;
    }
    Descriptor d;
    if (!read_descriptor(x, selector, d)) return;
    if (const Segment* known = x.segments.as_data(value, d, x.s.cpl)) {
        x.s.seg[seg] = *known;
        return;
    }
    if (!d.readable()) return x.fault(Vector::GP, selector.error());
    if (!d.conforming() && std::max(selector.rpl(), x.s.cpl) > d.dpl())
        return x.fault(Vector::GP, selector.error());
    if (!d.present()) return x.fault(Vector::NP, selector.error());
    mark_accessed(x, selector, d);
    if (!x.faulted()) x.s.seg[seg] = x.segments.of(value, d);
}

bool load_data_segment_at_once(Exec& x, Seg seg, u16 value) {
    const State& s = x.s;
    const Selector selector{value};
    const bool plain = s.protected_mode() && !s.v8086() && !s.long_mode();
    if (!plain || selector.null() || selector.ldt() || (value | 7u) > s.gdtr.limit) return false;
    const u8* const host = x.host_of_read({u32(s.gdtr.base + selector.offset())}, 8, false);
    if (!host) return false;
    const Segment* const known = x.segments.as_data(value, {Exec::host_value<8>(host)}, s.cpl);
    if (!known) return false;
    x.s.seg[seg] = *known;
    return true;
}

bool check_stack_segment(Exec& x, u16 value, u8 cpl, Vector vector, u32 external, Segment& out) {
    const Selector selector{value};
    const auto refuse = [&](Vector v) {
        x.fault(v, selector.error() | external);
        return false;
    };
    if (selector.null()) return refuse(vector);
    Descriptor d;
    if (!read_descriptor(x, selector, d, vector, external)) return false;
    if (const Segment* known = x.segments.as_stack(value, d, cpl)) return out = *known, true;
    if (selector.rpl() != cpl || d.dpl() != cpl || !d.writable()) return refuse(vector);
    // SDM 3A "Interrupt 12—Stack Fault Exception (#SS)"; silicon agrees, for IRET too.
    if (!d.present()) return refuse(Vector::SS);
    mark_accessed(x, selector, d);
    if (x.faulted()) return false;
    out = x.segments.of(value, d);
    return true;
}

void load_stack_segment(Exec& x, u16 value) {
    Segment loaded;
    if (check_stack_segment(x, value, x.s.cpl, Vector::GP, 0, loaded)) x.s.seg[decode::SS] = loaded;
}

void load_segment(Exec& x, Seg seg, u16 selector) {
    if (x.faulted()) return;
    if (x.s.mode64()) {
        load_segment64(x, seg, selector);
    } else if (!x.s.protected_mode()) {
        x.s.seg[seg].load_real(selector);
    } else if (x.s.v8086()) {
        x.s.seg[seg] = Segment::v8086(selector);
    } else if (seg == decode::SS) {
        load_stack_segment(x, selector);
    } else {
        load_data_segment(x, seg, selector);
    }
}

void drop_privileged_segments(Exec& x) {
    for (const Seg seg : {decode::ES, decode::DS, decode::FS, decode::GS}) {
        Segment& g = x.s.seg[seg];
        if (g.usable() && !g.conforming() && g.dpl() < x.s.cpl) g = Segment::null(0);
    }
}

void load_ldt(Exec& x, u16 value) {
    const Selector selector{value};
    if (selector.null()) {
        if (!x.faulted()) x.s.ldtr = Segment::null(value);
        return;
    }
    if (selector.ldt()) return x.fault(Vector::GP, selector.error());
    if (x.s.long_mode()) return load_ldt_long(x, selector);
    Descriptor d;
    if (!read_descriptor(x, selector, d)) return;
    if (!d.is(SystemType::Ldt)) return x.fault(Vector::GP, selector.error());
    if (!d.present()) return x.fault(Vector::NP, selector.error());
    x.s.ldtr = Segment::from(value, d);
}

void load_task_register(Exec& x, u16 value) {
    const Selector selector{value};
    if (selector.null()) return x.fault(Vector::GP, 0);
    if (selector.ldt()) return x.fault(Vector::GP, selector.error());
    if (x.s.long_mode()) return load_task_register_long(x, selector);
    Descriptor d;
    if (!read_descriptor(x, selector, d)) return;
    if (!d.is(SystemType::TssAvailable) && !d.is(SystemType::Tss16Available))
        return x.fault(Vector::GP, selector.error());
    if (!d.present()) return x.fault(Vector::NP, selector.error());
    d.raw |= bit(41);  // busy
    x.write_linear({descriptor_address(x, selector).value + 5}, 1, field(d.raw, 47, 40), false);
    if (!x.faulted()) x.s.tr = Segment::from(value, d);
}

void store_through(Exec& x, const Segment& segment, u64 offset, unsigned width, u64 value, u8 cpl,
                   Vector vector, u32 error_code) {
    if (x.faulted()) return;
    if (!segment.may_write(offset, width)) return x.fault(vector, error_code);
    // On a stack of ring 3 it is an access of ring 3, which must be aligned where that is asked
    // for.
    x.write_linear({segment.base + offset}, width, value, cpl == 3, cpl != 3);
}

}  // namespace ringside::cpu
