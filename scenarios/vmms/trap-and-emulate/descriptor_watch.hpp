// Watches the guest's descriptor tables. The real CPU uses copies of them, and a kernel may change
// a descriptor and load it at once, with no instruction that traps in between. So the tables' pages
// are write-protected, and an instruction that writes to one is let through alone:
//
//   guest: store to the table --#PF--> let_through: the page is open, TF is set
//   guest: the store          --#DB--> end_step: the page is shut, the copies are made anew
#pragma once
#include "scenarios/vmms/common/guest.hpp"

namespace ringside::vmm {

class DescriptorWatch {
  public:
    /// Before the guest goes on: its tables may lie elsewhere by now, or the VMM itself may have
    /// written to them in its name.
    void update(Guest& guest, TrapFrame& frame);

    /// The instruction at frame.eip writes to the watched page at guest-physical `physical`. Then
    /// no interrupt may be delivered until end_step.
    void let_through(Guest& guest, TrapFrame& frame, u32 physical);
    bool stepping() const { return open_count_ > 0; }
    /// It is done, or has raised an exception. True if the guest itself wants a #DB after it.
    bool end_step(Guest& guest, TrapFrame& frame);

  private:
    void watch(Guest& guest, u32 base, u32 limit);

    /// What decides where the tables are in guest-physical memory.
    struct Place {
        u32 gdt_base, gdt_limit, ldt_base, ldt_limit, cr3, paging;
        /// By words: after every trap.
        bool operator==(const Place& o) const {
            return ((gdt_base ^ o.gdt_base) | (gdt_limit ^ o.gdt_limit) | (ldt_base ^ o.ldt_base) |
                    (ldt_limit ^ o.ldt_limit) | (cr3 ^ o.cr3) | (paging ^ o.paging)) == 0;
        }
    };
    Place place_{};

    static constexpr u32 most_watched = 2 * 17;  // 64 KiB and a page each
    u32 watched_[most_watched];
    u32 watched_count_ = 0;

    static constexpr u32 most_open = 4;
    u32 open_[most_open];
    u32 open_count_ = 0;
    bool guest_steps_ = false;  ///< TF was the guest's own
};

}  // namespace ringside::vmm
