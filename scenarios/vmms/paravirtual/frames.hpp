// Direct paging: the hardware walks the guest's own page tables, so each of them must be harmless.
//
// Every frame of the guest has at most one *type* at a time, with a count of its uses:
//
//     writable   mapped by a present, writable entry of some page table
//     l1         a page table        (used by an l2 entry, or pinned)
//     l2         a page directory    (used by CR3, or pinned)
//     segment    a page of the GDT
//
// It changes its type only at count 0, and only after its contents were validated for the new one.
// So no page table is ever mapped writable: the guest reads its tables, but changes them through
// the VMM, entry by entry. No frame that is not the guest's can get into a table.
#pragma once
#include "scenarios/guests/common/paravirt/abi.hpp"
#include "scenarios/vmms/common/layout.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::pv {

enum class FrameType : u8 { none, writable, l1, l2, segment };

inline constexpr u32 frame_count = vmm::guest_memory_size >> 12;

class Frames {
  public:
    explicit constexpr Frames(u32 guest)
        : first_((vmm::guest_memory_base + guest * vmm::guest_memory_size) >> 12) {}

    /// Guest frame n is machine frame first() + n.
    u32 first() const { return first_; }
    /// The guest frame that a page-table entry, or a machine address, names. frame_count or more:
    /// not the guest's.
    u32 frame_of(u32 machine_address) const { return (machine_address >> 12) - first_; }
    u32 machine_address(u32 frame) const { return (frame + first_) << 12; }
    /// The entries of `frame` as a table.
    u32* entries_of(u32 frame) const { return vmm::at_physical<u32>(machine_address(frame)); }

    /// One more use of `frame` as `type`; validates its contents if it had no type. False: refused,
    /// nothing changed.
    bool take(u32 frame, FrameType type);
    /// One use less. With the last one, what the frame itself used is given back.
    void drop(u32 frame);

    /// A use that the guest holds itself, so that a table stays validated while nothing refers to
    /// it.
    i32 pin(u32 frame, FrameType type);
    i32 unpin(u32 frame);

    /// Changes the entry at machine address `entry` by the rules of the frame that it lies in.
    i32 update(u32 entry, u32 value, bool keep_accessed_dirty);

    FrameType type(u32 frame) const { return frames_[frame].type; }

  private:
    struct Frame {
        FrameType type = FrameType::none;
        bool pinned = false;
        u16 uses = 0;
    };

    i32 change(u32 entry, u32& value, bool keep_accessed_dirty);
    bool take_entry(FrameType table, u32 entry);
    void drop_entry(FrameType table, u32 entry);
    bool validate(u32 frame, FrameType type);

    u32 first_;
    Frame frames_[frame_count] = {};
};

}  // namespace ringside::pv
