#include "sim/cpu/segment.hpp"

#include <algorithm>

#include "sim/isa/paging.hpp"

namespace ringside::cpu {
namespace {
constexpr i64 half = i64(bit(isa::paging::linear_bits - 1));
}

i64 Segment::first() const {
    // What must be canonical is origin + offset.
    if (flat64()) return -half - i64(origin);
    return expand_down() ? i64(limit) + 1 : 0;
}

i64 Segment::last() const {
    if (flat64()) return half - 1 - i64(origin);
    return expand_down() ? (big() ? 0xffffffff : 0xffff) : i64(limit);
}

void Segment::derive() {
    origin = base & 0xffffffff, linear_mask = 0xffffffff;
    address_bytes = big() ? 4 : 2;
    // Eight bytes fit at offsets up to last - 7. Expand-down segments, and what lies beyond the
    // wrap at 4 GiB, are left to may_read and may_write.
    const u64 before_limit = expand_down() || limit < 7 ? 0 : u64(limit) - 6;
    const u64 before_wrap = bit(32) - 7 - std::min(origin, bit(32) - 7);
    const u64 room = std::min(before_limit, before_wrap);
    read_room = readable() ? room : 0;
    write_room = writable() ? room : 0;
}

void Segment::derive64(bool based) {
    origin = based ? base : 0, linear_mask = ~u64{0};
    address_bytes = 8;
    read_room = write_room = ~u64{0};
}

Segment Segment::from(u16 selector, isa::Descriptor d) {
    Segment s;
    s.selector = selector;
    s.access = u32(d.raw >> 40) & rights::of_descriptor;
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
