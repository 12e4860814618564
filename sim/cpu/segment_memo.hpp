// What descriptors mean as segments: derived, never state. Kernels load the same few selectors
// again and again.
#pragma once
#include <array>

#include "sim/cpu/segment.hpp"

namespace ringside::cpu {

class SegmentMemo {
  public:
    /// As Segment::from.
    const Segment& of(u16 selector, isa::Descriptor d) { return known(selector, d).segment; }
    /// The same if a program of that CPL may load it into DS, ES, FS or GS of protected mode, and
    /// its descriptor need not be written for that; else null.
    const Segment* as_data(u16 selector, isa::Descriptor d, u8 cpl) {
        const Entry& e = known(selector, d);
        return e.data_at >> cpl & 1 ? &e.segment : nullptr;
    }
    /// Likewise as the stack of that CPL.
    const Segment* as_stack(u16 selector, isa::Descriptor d, u8 cpl) {
        const Entry& e = known(selector, d);
        return e.stack_at >> cpl & 1 ? &e.segment : nullptr;
    }

  private:
    struct Entry {
        u64 raw = 0;
        u8 data_at = 0, stack_at = 0;  ///< a bit for each CPL
        Segment segment = Segment::from(0, {});
    };
    static Entry make(u16 selector, isa::Descriptor d);
    const Entry& known(u16 selector, isa::Descriptor d) {
        Entry& e = entries_[(selector >> 3) % entries_.size()];
        if (e.raw != d.raw || e.segment.selector != selector) [[unlikely]]
            e = make(selector, d);
        return e;
    }
    std::array<Entry, 32> entries_;
};

}  // namespace ringside::cpu
