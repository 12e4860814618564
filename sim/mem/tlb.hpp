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

/// Translations of one context do not serve another: the virtual-processor identifier and the EPT's
/// root that were in force. Outside VMX non-root operation both are 0. SDM 3C "VMX Support for
/// Address Translation", "Virtual-Processor Identifiers (VPIDs)".
struct TlbContext {
    u16 vpid = 0;
    u64 ept_root = 0;
    bool operator==(const TlbContext&) const = default;
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
    u8 context = 0;      ///< whose translation it is: an index of Tlb's contexts

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

/// Direct-mapped entries of one kind of access, with a map of those in use, so that dropping them
/// costs what there is.
template <u64 Entries>
class TlbHalf {
  public:
    static constexpr u64 entries = Entries;
    static u64 index(u64 page) { return page % entries; }
    const TlbEntry* find(u64 page, TlbTag tag, u8 context) const {
        const TlbEntry& e = entries_[index(page)];
        return e.page == page && e.context == context && (e.global || e.tag == tag) ? &e : nullptr;
    }
    void insert(const TlbEntry& e) {
        const u64 n = index(e.page);
        entries_[n] = e;
        used_[n / 64] |= bit(n % 64);
    }
    template <class Which>
    void drop(Which which) {
        for (u64 word = 0; word < used_.size(); ++word)
            for (u64 left = used_[word]; left; left &= left - 1)
                drop_at(word * 64 + u64(__builtin_ctzll(left)), which);
    }
    /// The entry in this page's place only.
    template <class Which>
    void drop_at_page(u64 page, Which which) {
        if (entries_[index(page)].page == page) drop_at(index(page), which);
    }
    bool empty() const { return used_ == decltype(used_){}; }
    bool operator==(const TlbHalf&) const = default;

  private:
    template <class Which>
    void drop_at(u64 n, Which which) {
        if (!which(entries_[n])) return;
        entries_[n] = {};
        used_[n / 64] &= ~bit(n % 64);
    }
    std::array<TlbEntry, entries> entries_{};
    std::array<u64, entries / 64> used_{};
};

/// Instruction fetches and data have halves of their own, of the sizes of a second-level TLB.
class Tlb {
  public:
    using Data = TlbHalf<2048>;
    using Instructions = TlbHalf<512>;

    const TlbEntry* find(bool fetch, u64 page, TlbTag tag) const {
        return fetch ? instructions_.find(page, tag, current_) : data_.find(page, tag, current_);
    }
    void insert(bool fetch, const TlbEntry& e) {
        TlbEntry tagged = e;
        tagged.context = current_;
        fetch ? instructions_.insert(tagged) : data_.insert(tagged);
        large_pages_ |= e.page_shift != 12;
    }

    void set_context(const TlbContext& context);

    // SDM 3A "Operations that Invalidate TLBs and Paging-Structure Caches". They concern the
    // current VPID, whatever the EPT. SDM 3C "Operations that Invalidate Cached Mappings".
    void flush() { flush_vpid(contexts_[current_].vpid, false); }
    /// All but global entries, of every PCID.
    void flush_non_global() { flush_vpid(contexts_[current_].vpid, true); }
    /// MOV to CR3: those of one PCID, but for global ones.
    void flush_context(TlbTag tag);
    /// INVLPG: the page's entries of this PCID, and global ones whatever theirs.
    void flush_page(u64 page, TlbTag tag);
    /// INVPCID of one address: global entries may stay.
    void flush_address(u64 page, TlbTag tag);
    /// Then flush_page may drop entries of other pages than the one named.
    bool may_hold_large_pages() const { return large_pages_; }

    // INVVPID and INVEPT, of any VPID and PCID.
    void flush_vpid(u16 vpid, bool keep_global);
    void flush_address_of(u16 vpid, u64 page);
    void flush_all_vpids_but_0();
    void flush_ept(u64 ept_root);
    void flush_all_epts();
    bool operator==(const Tlb&) const = default;

  private:
    bool mine(const TlbEntry& e) const {
        return contexts_[e.context].vpid == contexts_[current_].vpid;
    }
    template <class Which>
    void drop(Which which);
    template <class Which>
    void drop_page(u64 page, Which which);

    Instructions instructions_;
    Data data_;
    bool large_pages_ = false;  ///< there may be pieces of large pages
    /// Those of which there may be translations; the first is that of root operation.
    std::array<TlbContext, 8> contexts_{};
    u8 current_ = 0, replaced_next_ = 1;
};

}  // namespace ringside::mem
