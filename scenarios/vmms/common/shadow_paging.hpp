// Shadow paging: the page tables that the real CPU uses while the guest runs are made from the
// guest's, entry by entry, when the CPU faults; and they are kept as the guest's are, because the
// guest's tables are *traced*: whatever the guest stores into one traps.
//
//   guest's tables --(#PF: look it up, copy one entry)--> shadow tables --> real TLB
//        ^                                                     ^
//        | store by the guest: #PF, for the page is            | forget what was made from the
//        | read-only in the shadow; the VMM does the store ----+ words that change
//
// So the shadow of an address space holds what the guest's tables say even while another one is
// in use, and MOV CR3 only goes from one shadow to the other (shadow_tables.hpp keeps them).
//
// A store that the VMM cannot do makes its table *open*: writable, until the next MOV CR3. What is
// made from open tables is what a TLB is allowed to be, no more (SDM 3A "Caching Translation
// Information"): forgotten at MOV CR3 and INVLPG. So is everything in a guest with PAE, whose
// tables are not traced.
//
// U/S is copied: the guest's kernel is a supervisor to the paging unit at ring 1, as it is at ring
// 0 under VT-x. An accessed or dirty bit is set in the guest's entry when the copy is made, which
// is at the first access or the first write: a clean page's copy is read-only. If the guest clears
// the bit, the copy is forgotten.
#pragma once
#include "scenarios/vmms/common/guest_walk.hpp"
#include "scenarios/vmms/common/shadow_tables.hpp"

namespace ringside::vmm {

/// What became of a #PF.
struct PageFaultOutcome {
    enum class Kind : u8 {
        Filled,       ///< the shadow was behind: resume the guest
        GuestFault,   ///< the guest's own tables say so: `fault` belongs to the guest
        TracedWrite,  ///< a write to a page that the technique asked to watch, at guest-physical
                      ///< `physical`
        Device,       ///< at `physical` the guest has no memory: a device's registers, or nothing
        TableWrite,   ///< a write to one of the guest's page tables: do it for the guest, by
                      ///< write(), or open_table()
    };
    Kind kind = Kind::Filled;
    Fault fault{};
    u32 physical = 0;
};

class ShadowPaging {
  public:
    /// For VT-x: see ShadowTables.
    void use_pages(ShadowPages& pages, u16 vpid) { tables_.use_pages(pages, vpid); }
    /// For the real CR3, before there is anything in it.
    u32 directory_address() const { return tables_.directory_address(); }

    /// Handles the #PF at `linear` with the real error code. `registers` are the guest's.
    PageFaultOutcome on_page_fault(GuestMemory& memory, const PagingRegisters& registers,
                                   u32 linear, u32 error_code);
    /// Would the shadow allow such an access? A #PF in spite of it is the guest's own doing.
    bool allows(u32 linear, u32 error_code) const;
    /// The VMM's view of these bytes, if the shadow allows such an access: the quick way, as a TLB
    /// is. Null if it does not, or if they lie in two pages: then the guest's tables must be asked.
    u8* mapped(u32 linear, u32 bytes, Access access) const;

    /// The guest loaded CR3.
    void load(const GuestMemory& memory, const PagingRegisters& registers);
    /// The guest changed CR0 or CR4 so that translations change.
    void flush() { tables_.forget_all(); }
    /// The guest's INVLPG.
    void flush_page(u32 linear);

    /// The VMM writes bytes of one page in the guest's name.
    void write(GuestMemory& memory, u32 guest_physical, const void* from, u32 bytes);
    /// Has write() come to page tables since this was asked last?
    bool take_table_write();
    /// The guest may write to this page table itself, as far as the technique does not watch it.
    void open_table(u32 guest_physical);

    /// Watch a page of guest-physical memory: it is mapped read-only, and a write to it is a
    /// TracedWrite. At most `most_traced` pages at a time.
    void trace(const GuestMemory& memory, u32 guest_physical);
    void untrace(u32 guest_physical);
    bool traced(u32 guest_physical) const {
        const u32 page = guest_physical >> 12;
        return page < pages && (traced_[page / 8] & (1u << page % 8));
    }

    /// Bytes of a traced page, in guest-physical memory.
    struct Written {
        u32 begin = 0, end = 0;
    };
    /// What write() wrote to traced pages. False if there is nothing left to tell.
    bool take_written(Written& written);

  private:
    void enter(const GuestMemory& memory, const PagingRegisters& registers);
    bool follow(const GuestMemory& memory, u32 table);
    u32 source_of(const GuestMemory& memory, const Translation& t);
    u32 allowed(u32 linear, Access access) const;
    void note_write(u32 guest_physical, u32 bytes);
    void on_table_changed(u32 guest_physical, u32 bytes);

    ShadowTables tables_;

    static constexpr u32 most_open = 4;
    u32 open_[most_open] = {};
    u32 open_count_ = 0;

    /// So many changes in a row of entries of one table that nothing was made from: it is not in
    /// use as a table any more, or not yet.
    static constexpr u32 most_idle_changes = 16;
    u32 idle_table_ = 0, idle_changes_ = 0;
    bool table_written_ = false;

    static constexpr u32 pages = guest_memory_size >> 12;
    u8 traced_[pages / 8] = {};
    static constexpr u32 most_traced = 256;
    Written written_[most_traced];  ///< one a page
    u32 written_count_ = 0;
};

}  // namespace ringside::vmm
