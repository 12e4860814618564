// The TLB: translations that stay until they are flushed, even when the tables change meanwhile.
// Part of the machine's state, since software can tell. SDM 3A "Caching Translation Information".
//
// A large page is held in pieces of 4 KBytes, which go together when one is invalidated. SDM 3A
// "Use of the TLBs with Large Pages". No paging-structure caches are modelled.
#pragma once
#include <array>
#include <vector>

#include "sim/mem/walk.hpp"

namespace ringside::mem {

/// Whose translations: the process-context identifier (0 without CR4.PCIDE). SDM 3A
/// "Process-Context Identifiers (PCIDs)".
struct TlbTag {
    u16 pcid = 0;
    bool operator==(const TlbTag&) const = default;
};

struct TlbEntry {
    u64 page = ~u64{0};  ///< linear page number; all ones: empty
    u64 frame = 0;       ///< host-physical page number
    TlbTag tag;
    bool user = false;          ///< U/S at every level
    bool rw = false;            ///< R/W at every level
    bool ept_writable = false;  ///< a write needs nothing more from the EPT
    bool dirty = false;         ///< the leaf's D bit was set, so a write needs no walk
    bool global = false;
    u8 page_shift = 12;  ///< the page that this is a piece of has 2^page_shift bytes

    /// Whether the access may go ahead without a walk. Entries for fetches are made by fetches that
    /// were allowed, so execute-disable needs no look.
    bool allows(Access access, const PagingMode& mode) const {
        if (access.user && !user) return false;
        if (user && mode.user_pages_refuse(access)) return false;
        if (!access.write) return true;
        return dirty && ept_writable && (rw || (!access.user && !mode.write_protect()));
    }
    /// Is `other_page` part of the same large page?
    bool same_page(u64 other_page) const {
        return page != ~u64{0} && (page ^ other_page) >> (page_shift - 12) == 0;
    }
    bool operator==(const TlbEntry&) const = default;
};

/// Direct-mapped; instruction fetches and data have halves of their own.
class Tlb {
  public:
    static constexpr u64 entries = 256;

    static u64 index(u64 page) { return page % entries; }
    const TlbEntry* find(bool fetch, u64 page, TlbTag tag) const {
        const TlbEntry& e = half(fetch)[index(page)];
        return e.page == page && (e.global || e.tag == tag) ? &e : nullptr;
    }
    void insert(bool fetch, const TlbEntry& e) {
        half(fetch)[index(e.page)] = e;
        large_pages_ |= e.page_shift != 12;
    }

    // SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches".
    void flush();
    /// All but global entries, of every PCID.
    void flush_non_global();
    /// MOV to CR3: those of one PCID, but for global ones.
    void flush_context(TlbTag tag);
    /// INVLPG: the page's entries of this PCID, and global ones whatever theirs.
    void flush_page(u64 page, TlbTag tag);
    /// INVPCID of one address: global entries may stay.
    void flush_address(u64 page, TlbTag tag);
    /// Then flush_page may drop entries of other pages than the one named.
    bool may_hold_large_pages() const { return large_pages_; }
    bool operator==(const Tlb&) const = default;

  private:
    using Half = std::array<TlbEntry, entries>;
    Half& half(bool fetch) { return fetch ? instructions_ : data_; }
    const Half& half(bool fetch) const { return fetch ? instructions_ : data_; }
    template <class Which>
    void drop(Which which);
    template <class Which>
    void drop_page(u64 page, Which which);

    Half instructions_{}, data_{};
    bool large_pages_ = false;  ///< there may be pieces of large pages
};

}  // namespace ringside::mem
