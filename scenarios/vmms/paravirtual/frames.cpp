// Types of frames: validation, uses, and the change of one entry.
#include "scenarios/vmms/paravirtual/frames.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/paravirtual/segments.hpp"

namespace ringside::pv {
namespace paging = isa::paging;
using vmm::host::guest_directory_entries;

namespace {

constexpr u32 entries = 1024;

/// A directory's last 16 entries map the VMM and are not the guest's.
constexpr u32 guest_entries(FrameType table) {
    return table == FrameType::l2 ? guest_directory_entries : entries;
}

// Enough, since CR4.PGE is off. SDM 3A "Invalidation of TLBs and Paging-Structure Caches".
void forget_translations() { vmm::cpu::set_cr3(vmm::cpu::cr3()); }

}  // namespace

/// May a table of this kind hold `entry`? If so, counts the use that it makes of the frame it
/// names.
bool Frames::take_entry(FrameType table, u32 entry) {
    if (!(entry & paging::P)) return true;
    const u32 frame = frame_of(entry);
    if (frame >= frame_count) return false;  // the VMM's, or nobody's
    if (table == FrameType::l2) return !(entry & paging::PS) && take(frame, FrameType::l1);
    return !(entry & paging::RW) || take(frame, FrameType::writable);
}

void Frames::drop_entry(FrameType table, u32 entry) {
    if (!(entry & paging::P)) return;
    if (table == FrameType::l2 || (entry & paging::RW)) drop(frame_of(entry));
}

bool Frames::validate(u32 frame, FrameType type) {
    if (type == FrameType::writable) return true;
    // A stale translation could still let the guest write to what is about to be validated.
    forget_translations();
    u32* const table = entries_of(frame);
    if (type == FrameType::segment) return segments_allowed(reinterpret_cast<const u64*>(table));

    for (u32 i = 0; i < guest_entries(type); ++i) {
        if (take_entry(type, table[i])) continue;
        while (i-- > 0) drop_entry(type, table[i]);
        return false;
    }
    for (u32 i = guest_entries(type); i < entries; ++i) table[i] = vmm::host::page_directory()[i];
    return true;
}

bool Frames::take(u32 n, FrameType type) {
    if (n >= frame_count) return false;
    Frame& frame = frames_[n];
    if (frame.uses == 0) {
        // Set first: a table that maps itself writable then meets a type that is not `writable`.
        frame.type = type;
        frame.uses = 1;
        if (validate(n, type)) return true;
        frame = {};
        return false;
    }
    if (frame.type != type || frame.uses == 0xffff) return false;
    ++frame.uses;
    return true;
}

void Frames::drop(u32 n) {
    Frame& frame = frames_[n];
    if (--frame.uses > 0) return;
    const FrameType type = frame.type;
    frame = {};
    if (type != FrameType::l1 && type != FrameType::l2) return;
    for (u32 i = 0; i < guest_entries(type); ++i) drop_entry(type, entries_of(n)[i]);
    forget_translations();  // the CPU may still walk it from its caches, and from now on the guest
                            // may write to it
}

i32 Frames::pin(u32 n, FrameType type) {
    if (n >= frame_count) return EINVAL;
    if (frames_[n].pinned) return EBUSY;
    if (!take(n, type)) return EINVAL;
    frames_[n].pinned = true;
    return 0;
}

i32 Frames::unpin(u32 n) {
    if (n >= frame_count || !frames_[n].pinned) return EINVAL;
    frames_[n].pinned = false;
    drop(n);
    return 0;
}

i32 Frames::update(u32 entry, u32 value, bool keep_accessed_dirty) {
    const i32 result = change(entry, value, keep_accessed_dirty);
    if (result == 0)
        PROBE("pv.page_update", entry, value);
    else
        PROBE("pv.page_update.refused", entry, value, result);
    return result;
}

i32 Frames::change(u32 entry, u32& value, bool keep_accessed_dirty) {
    const u32 n = frame_of(entry);
    if (n >= frame_count) return EPERM;
    const FrameType type = frames_[n].type;
    const u32 index = (entry & 0xfff) / 4;
    u32& slot = entries_of(n)[index];

    if (type == FrameType::segment) return EPERM;  // update_descriptor is for those
    if (type != FrameType::l1 && type != FrameType::l2) {
        slot = value;  // no table yet: it will be validated when it becomes one
        return 0;
    }
    if (index >= guest_entries(type)) return EPERM;
    const u32 old = slot;
    if (keep_accessed_dirty) value = u32(merge(value, old, paging::A | paging::D));
    if (!take_entry(type, value)) return EINVAL;  // the new one first: it may name the same frame
    slot = value;
    drop_entry(type, old);
    return 0;
}

}  // namespace ringside::pv
