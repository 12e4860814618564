// The TLB: translations that stay until they are flushed, even when the tables change meanwhile.
// Part of the machine's state, since software can tell. SDM 3A "Caching Translation Information".
#pragma once
#include <array>
#include <vector>

#include "sim/mem/walk.hpp"

namespace ringside::mem {

struct TlbEntry {
    u64 page = ~u64{0};  ///< linear page number; all ones: empty
    u64 frame = 0;       ///< host-physical page number
    bool user = false;   ///< U/S at every level
    bool rw = false;     ///< R/W at every level
    bool ept_writable = false;
    bool dirty = false;  ///< the leaf's D bit was set, so a write needs no walk
    bool global = false;

    /// Whether the access may go ahead without a walk. `wp`: CR0.WP.
    bool allows(Access access, bool wp) const {
        if (access.user && !user) return false;
        if (!access.write) return true;
        return dirty && ept_writable && (rw || (!access.user && !wp));
    }
    bool operator==(const TlbEntry&) const = default;
};

/// Direct-mapped; instruction fetches and data have halves of their own.
class Tlb {
  public:
    static constexpr u64 entries = 256;

    static u64 index(u64 page) { return page % entries; }
    const TlbEntry* find(bool fetch, u64 page) const {
        const TlbEntry& e = half(fetch)[index(page)];
        return e.page == page ? &e : nullptr;
    }
    void insert(bool fetch, const TlbEntry& e) { half(fetch)[index(e.page)] = e; }

    /// MOV to CR3: all but global entries. SDM 3A "Operations that Invalidate TLBs".
    void flush_non_global();
    void flush();
    void flush_page(u64 page);
    bool operator==(const Tlb&) const = default;

  private:
    using Half = std::array<TlbEntry, entries>;
    Half& half(bool fetch) { return fetch ? instructions_ : data_; }
    const Half& half(bool fetch) const { return fetch ? instructions_ : data_; }
    Half instructions_{}, data_{};
};

}  // namespace ringside::mem
