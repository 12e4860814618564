// The page tables that the real CPU uses while the guest runs: a copy of the guest's, made entry by
// entry when the CPU faults, and thrown away when the guest flushes its TLB. So they are what a TLB
// is allowed to be, no more (SDM 3A "Caching Translation Information"), and the guest's tables need
// no write protection.
//
//   guest's tables --(#PF: look it up, copy one entry)--> shadow tables --> real TLB
//        ^ MOV CR3, INVLPG by the guest: forget the copies
//
// U/S is copied: the guest's kernel is a supervisor to the paging unit at ring 1, as it is at ring
// 0 under VT-x.
#pragma once
#include "scenarios/vmms/common/guest_walk.hpp"

namespace ringside::vmm {

/// What became of a #PF.
struct PageFaultOutcome {
    enum class Kind : u8 {
        Filled,       ///< the shadow was behind: resume the guest
        GuestFault,   ///< the guest's own tables say so: `fault` belongs to the guest
        TracedWrite,  ///< a write to a page that the technique asked to watch, at guest-physical
                      ///< `physical`
    };
    Kind kind = Kind::Filled;
    Fault fault{};
    u32 physical = 0;
    bool beyond_memory = false;  ///< nothing helps: `physical` is where the guest has no memory
};

class ShadowPaging {
  public:
    /// Handles the #PF at `linear` with the real error code. `registers` are the guest's.
    PageFaultOutcome on_page_fault(GuestMemory& memory, const PagingRegisters& registers,
                                   u32 linear, u32 error_code);
    /// Would the shadow allow such an access? A #PF in spite of it is the guest's own doing.
    bool allows(u32 linear, u32 error_code) const;
    /// The VMM's view of these bytes, if the shadow allows such an access: the quick way, as a TLB
    /// is. Null if it does not, or if they lie in two pages: then the guest's tables must be asked.
    u8* mapped(u32 linear, u32 bytes, Access access) const;
    /// The guest loaded CR3, or changed CR0 or CR4 so that translations change.
    void flush();
    /// The guest's INVLPG.
    void flush_page(u32 linear);

    /// Uses these tables, page-aligned, all of them the guest's and its translations tagged `vpid`,
    /// and not those that the VMM's own directory has room for. For VT-x, where the VMM has an
    /// address space of its own.
    struct Tables {
        static constexpr u32 count = 64;
        u32 directory[1024];
        u32 table[count][1024];
    };
    void use_tables(Tables& tables, u16 vpid);

    /// Watch a page of guest-physical memory: it is mapped read-only, and a write to it is a
    /// TracedWrite. At most `most_traced` pages at a time.
    void trace(u32 guest_physical);
    void untrace(u32 guest_physical);
    bool traced(u32 guest_physical) const {
        const u32 page = guest_physical >> 12;
        return page < pages && (traced_[page / 8] & (1u << page % 8));
    }

    /// Bytes of a traced page, in guest-physical memory.
    struct Written {
        u32 begin = 0, end = 0;
    };
    /// The VMM writes here itself, in the guest's name (within one page): no fault will tell, so
    /// take_written() does.
    void note_write(u32 guest_physical, u32 bytes);
    /// What was written so. False if there is nothing left to tell.
    bool take_written(Written& written);

  private:
    void fill(u32 linear, u32 value);
    u32 allowed(u32 linear, Access access) const;
    u32* directory() const;
    u32 directory_entries() const;
    bool reachable(u32 linear) const { return linear >> 22 < directory_entries(); }
    void forget(u32 linear) const;
    void forget_all() const;

    Tables* own_ = nullptr;
    u16 vpid_ = 0;
    static constexpr u32 pages = guest_memory_size >> 12;
    u8 traced_[pages / 8] = {};
    static constexpr u32 most_traced = 256;
    Written written_[most_traced];  ///< one a page
    u32 written_count_ = 0;
    u32 tables_in_use_ = 0;  ///< the others hold zeros
    /// Every entry of directory and tables that is not zero, and perhaps some that are again: so
    /// that forgetting costs no more than filling did.
    static constexpr u32 most_filled = 4096;
    u32* filled_[most_filled] = {};
    u32 filled_count_ = 0;
};

}  // namespace ringside::vmm
