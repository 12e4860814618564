// The guest's segments: which descriptors it may have, and whether its selectors can be loaded.
//
// A descriptor is refused if it has full privilege (DPL 0), reaches the VMM's addresses, or is none
// of code and data (a TSS or a gate would hand control over privilege to the guest).
#pragma once
#include "scenarios/vmms/common/trap_frame.hpp"
#include "scenarios/vmms/paravirtual/frames.hpp"
#include "sim/isa/descriptors.hpp"

namespace ringside::pv {

bool descriptor_allowed(isa::Descriptor descriptor);
/// All of a page's?
bool segments_allowed(const u64* page);

/// May the guest's handlers be there? Only code of ring 1, and none of the VMM's descriptors: a
/// gate to those would lead to ring 0, whatever RPL its selector has.
bool can_be_handler(u16 cs, u32 eip);

/// The flat segments at the top of the GDT, present from the start.
void install_flat_segments();

/// The frames that the guest's own part of the GDT comes from. The VMM's GDT holds a copy of them
/// while the guest runs: Xen maps the frames themselves there.
class GuestGdt {
  public:
    /// `machine_frames`: gdt_pages(entries) of them; at most guest_gdt_entries.
    i32 set(Frames& frames, const u32* machine_frames, u32 entries);
    /// Changes one descriptor, in the guest's frame and in the copy.
    i32 update(Frames& frames, u32 machine_address, isa::Descriptor descriptor);
    /// When another guest gets the CPU: the copy of the one goes, that of the other comes.
    void unload() const;
    void load(const Frames& frames) const;

  private:
    void load(const Frames& frames, u32 i) const;

    u32 pages_[guest_gdt_pages] = {};
    u32 entries_ = 0;
};

/// Would IRET and the loads of the data segments before it succeed? They would fault in ring 0
/// otherwise. Data segments that cannot be loaded any more become null; false if it is CS, SS or
/// EIP that is wrong.
bool can_return_to(vmm::TrapFrame& frame);

}  // namespace ringside::pv
