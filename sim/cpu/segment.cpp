#include "sim/cpu/segment.hpp"

#include "sim/isa/paging.hpp"

namespace ringside::cpu {

void Segment::derive() {
    first = 0, last_read = -1, last_write = -1;
    origin = base, linear_mask = 0xffffffff;
    address_bytes = big() ? 4 : 2;
    const bool memory_segment = access & rights::S;
    if (!usable() || !memory_segment || !(access & rights::P)) return;
    const i64 top = expand_down() ? (big() ? 0xffffffff : 0xffff) : i64(limit);
    if (expand_down()) first = i64(limit) + 1;
    if (!code() || (access & 2)) last_read = top;
    if (!code() && (access & 2)) last_write = top;
}

void Segment::derive64(bool based) {
    constexpr i64 half = i64(bit(isa::paging::linear_bits - 1));
    origin = based ? base : 0, linear_mask = ~u64{0};
    address_bytes = 8;
    // What must be canonical is origin + offset.
    first = -half - i64(origin);
    last_read = last_write = half - 1 - i64(origin);
}

Segment Segment::from(u16 selector, isa::Descriptor d) {
    Segment s;
    s.selector = selector;
    s.access = u32(d.type()) | (d.segment() ? rights::S : 0) | u32(d.dpl()) << 5 |
               (d.present() ? rights::P : 0) | (d.available() ? rights::AVL : 0) |
               (d.long_mode() ? rights::L : 0) | (d.big() ? rights::DB : 0) |
               (d.granular() ? rights::G : 0);
    s.limit = d.limit();
    s.base = d.base();
    s.derive();
    return s;
}

Segment Segment::null(u16 selector) {
    Segment s;
    s.selector = selector;
    return s;
}

Segment Segment::real(u16 selector) {
    Segment s;
    s.selector = selector;
    s.access = 3 | rights::S | rights::P;
    s.limit = 0xffff;
    s.base = u64(selector) << 4;
    s.derive();
    return s;
}

Segment Segment::v8086(u16 selector) {
    constexpr u32 dpl3 = 3u << 5;
    Segment s = real(selector);
    s.access |= dpl3;
    return s;
}

void Segment::load_real(u16 value) {
    // A null segment has no limit worth keeping: it becomes what reset makes of it.
    if (!usable()) *this = real(value);
    selector = value;
    base = u64(value) << 4;
    derive();
}

void Segment::load_real_code(u16 value) {
    constexpr u32 type = 15, data_type = 3;
    load_real(value);
    access = (access & ~type) | data_type;
    derive();
}

}  // namespace ringside::cpu
