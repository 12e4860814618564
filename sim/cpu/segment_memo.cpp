#include "sim/cpu/segment_memo.hpp"

#include <algorithm>

namespace ringside::cpu {

SegmentMemo::Entry SegmentMemo::make(u16 value, isa::Descriptor d) {
    const isa::Selector selector{value};
    Entry e{d.raw, 0, 0, Segment::from(value, d)};
    if (!d.present() || !d.accessed()) return e;
    for (u8 cpl = 0; cpl < 4; ++cpl) {
        const u8 at = u8(1 << cpl);
        const bool visible = d.conforming() || std::max(selector.rpl(), cpl) <= d.dpl();
        if (d.readable() && visible) e.data_at |= at;
        if (d.writable() && selector.rpl() == cpl && d.dpl() == cpl) e.stack_at |= at;
    }
    return e;
}

}  // namespace ringside::cpu
