// The tables that the real CPU walks while the guest runs: for each of the address spaces that the
// guest used of late a directory, and for each of their entries the way back to what it was made
// from.
//
//   guest's CR3 -> space 0: | directory | -> | table 5 |  entry n is made from entry n of the
//               -> space 1: | directory | -> | table 2 |  guest's page table at `source`
//                  ...      |     :     |
//                           |  the VMM  |  at ring 1, in every space
//
// There is room for so many spaces and tables. Who needs one more takes the place of one of old:
// these tables are what a TLB is allowed to be, and a TLB may forget what it likes.
#pragma once
#include "scenarios/vmms/common/layout.hpp"

namespace ringside::vmm {

/// Page-aligned.
struct ShadowPages {
    static constexpr u32 spaces = 8, tables = 64;
    u32 directory[spaces][1024];
    u32 table[tables][1024];
};

class ShadowTables {
  public:
    static constexpr u32 no_source = ~0u;

    /// Uses these pages, all 4 GiB of each space the guest's, its translations tagged `vpid`: for
    /// VT-x, where the VMM has an address space of its own. The guest's VMCS is the current one.
    void use_pages(ShadowPages& pages, u16 vpid);

    /// Makes the space of this key the current one, and the real CR3 lead to it. If it is new, or
    /// was behind, it is empty, and `source` is the guest's page directory (guest-physical), or
    /// no_source. True if it was known.
    bool enter(u32 key, u32 source);
    bool is_current(u32 key) const { return spaces_[current_].key == key; }
    /// The current space has entries that were made from tables to which writes go unnoticed: it is
    /// behind the guest's tables, perhaps.
    void set_behind() { spaces_[current_].behind = true; }
    bool behind() const { return spaces_[current_].behind; }
    /// For the real CR3.
    u32 directory_address() const;

    /// The entry for this address in the current space; 0 if there is none.
    u32 entry(u32 linear) const;
    /// `source` is the guest's page table, or no_source.
    void set(u32 linear, u32 entry, u32 source);
    /// False if linear addresses from here on are the VMM's.
    bool reachable(u32 linear) const;

    /// Is anything made from this guest-physical page?
    bool made_from(u32 page) const { return page >> 12 < pages && uses_[page >> 12] != 0; }
    /// Forgets what is made from entries first to last of it. False if there was nothing.
    bool forget_made_from(u32 page, u32 first, u32 last);
    /// The same for all of its entries.
    void forget_made_from(u32 page);
    /// Forgets the entry for `linear`, and all of its table if that has no source: then it may
    /// hold pieces of a large page.
    void forget(u32 linear);
    void forget_all();
    /// Takes the right to write from every entry that leads to this page of host memory.
    void protect(u32 host_physical);

    /// What the real TLB holds of this address.
    void flush_tlb(u32 linear) const;

  private:
    static constexpr u32 no_key = ~0u, pages = guest_memory_size >> 12;

    struct Space {
        u32 key = no_key;
        u32 source = no_source;
        bool behind = false;
    };
    struct Table {
        bool in_use = false;
        u8 space = 0;
        u16 index = 0;  ///< in the directory
        u32 source = no_source;
        u32 filled[32] = {};  ///< bit n: entry n is not 0
    };

    ShadowPages& storage() const;
    u32 guest_entries() const;
    Table* table_at(u32 space, u32 index);
    u32* entries(const Table& t) const { return storage().table[&t - tables_]; }
    Table& new_table(u32 index, u32 source);
    bool forget_entry(Table& t, u32 n);
    void forget_table(Table& t);
    void forget_space(u32 space);
    void count(u32 source, int by);
    void flush_tlb() const;
    /// Calls visit(n) for each filled entry.
    template <class Visit>
    static void each_filled(const Table& t, Visit visit);

    ShadowPages* own_ = nullptr;
    u16 vpid_ = 0;
    Space spaces_[ShadowPages::spaces];
    u32 current_ = 0, oldest_space_ = 0;
    Table tables_[ShadowPages::tables];
    u32 used_tables_ = 0;  ///< from here on no table has ever been in use
    u32 first_free_ = 0;   ///< all before it are in use
    u32 oldest_table_ = 0;
    u8 uses_[pages] = {};  ///< how many spaces and tables are made from each guest-physical page
};

}  // namespace ringside::vmm
