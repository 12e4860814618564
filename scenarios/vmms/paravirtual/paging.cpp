// Direct paging: the rules of class Frames, the hypercalls that change page tables or make the CPU
// use or forget them, and what else depends on them: pointers from the guest.
#include "scenarios/vmms/paravirtual/parts.hpp"

namespace ringside::pv {
namespace paging = isa::paging;
using vmm::host::guest_directory_entries;

constexpr u32 entries = 1024;

/// A directory's last 16 entries map the VMM and are not the guest's.
constexpr u32 guest_entries(FrameType table) {
    return table == FrameType::l2 ? guest_directory_entries : entries;
}

// Enough, since CR4.PGE is off. SDM 3A "Invalidation of TLBs and Paging-Structure Caches".
static void forget_translations() { vmm::cpu::set_cr3(vmm::cpu::cr3()); }

/// May a table of this kind hold `entry`? If so, counts the use that it makes of a frame.
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
    // The CPU may still walk it from its caches, and from now on the guest may write to it.
    forget_translations();
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

// ---- pointers from the guest: never followed, but translated by the guest's page tables
//
//   linear -> directory entry -> table entry -> guest frame -> the VMM's view of it
//
// The tables are validated, so every frame that they name is the guest's. What remains to be
// checked: that there is a mapping, that it may be written, and that the address is not the VMM's.

/// The guest's directory entry for `linear`; 0, which is not present, for the VMM's addresses.
static u32 directory_entry(const Domain& domain, u32 linear) {
    if (linear >= vmm::vmm_base) return 0;
    return domain.frames.entries_of(domain.directory)[paging::directory_index(linear)];
}

/// The machine address of the table entry that maps `linear`; 0 if there is no page table.
static u32 entry_that_maps(const Domain& domain, u32 linear) {
    const u32 table = directory_entry(domain, linear);
    return table & paging::P ? u32(table & paging::frame32) + paging::table_index(linear) * 4 : 0;
}

/// The VMM's view of the byte at `linear`; null if the guest's kernel may not access it that way.
static u8* find(const Domain& domain, u32 linear, bool write) {
    const u32 where = entry_that_maps(domain, linear);
    if (!where) return nullptr;
    const u32 entry = *vmm::at_physical<u32>(where),
              rights = entry & directory_entry(domain, linear);
    const u64 needed = paging::P | (write ? paging::RW : 0);
    if ((rights & needed) != needed) return nullptr;
    return vmm::at_physical(u32(entry & paging::frame32) | (linear & 0xfff));
}

static bool copy(const Domain& domain, u32 linear, u8* ours, u32 bytes, bool to_guest) {
    while (bytes > 0) {
        u8* const theirs = find(domain, linear, to_guest);
        if (!theirs) return false;
        const u32 left_in_page = 0x1000 - (linear & 0xfff);
        const u32 part = bytes < left_in_page ? bytes : left_in_page;
        __builtin_memcpy(to_guest ? theirs : ours, to_guest ? ours : theirs, part);
        linear += part, ours += part, bytes -= part;
    }
    return true;
}

bool copy_from_guest(const Domain& domain, void* to, u32 linear, u32 bytes) {
    return copy(domain, linear, static_cast<u8*>(to), bytes, false);
}
bool copy_to_guest(const Domain& domain, u32 linear, const void* from, u32 bytes) {
    return copy(domain, linear, static_cast<u8*>(const_cast<void*>(from)), bytes, true);
}

// ---- the hypercalls

/// Runs `operation` on each of the ECX structures at EBX, until one fails. EDX, unless 0, is where
/// to write how many did not. A long batch is cut: interrupts and the other guest come in between.
template <class T, class Operation>
static i32 batch(Domain& domain, TrapFrame& frame, Hypercall number, Operation operation) {
    constexpr u32 most = 128;
    const u32 list = frame.ebx, count = frame.ecx & ~batch_begun, done_at = frame.edx;
    u32 done = 0;
    if (done_at && (frame.ecx & batch_begun) && !read_guest(domain, done, done_at)) return EFAULT;

    i32 result = 0;
    u32 i = 0;
    for (; i < count && i < most && result == 0; ++i) {
        T request;
        result = read_guest(domain, request, list + i * u32(sizeof request)) ? operation(request)
                                                                             : EFAULT;
    }
    done += result == 0 ? i : i - 1;
    if (done_at && !write_guest(domain, done_at, done)) return EFAULT;
    if (result != 0 || i == count) return result;
    frame.ebx += i * u32(sizeof(T));
    frame.ecx = (count - i) | batch_begun;
    return continue_later(frame, number);
}

static i32 do_mmu_update(Domain& domain, const MmuUpdate& update) {
    const u32 command = u32(update.entry & 3);
    if (update.entry >> 32 || update.value >> 32) return EINVAL;  // no PAE: addresses have 32 bits
    if (command == mmu_machphys) return ENOSYS;  // Not modelled: a machine-to-physical table.
    return domain.frames.update(u32(update.entry) & ~3u, u32(update.value),
                                command == mmu_preserve_ad);
}

static i32 do_mmuext_op(Domain& domain, const MmuExtOp& op) {
    const u32 frame = op.argument - domain.frames.first();
    switch (op.command) {
        case pin_l1_table: return domain.frames.pin(frame, FrameType::l1);
        case pin_l2_table: return domain.frames.pin(frame, FrameType::l2);
        case unpin_table: return domain.frames.unpin(frame);
        case new_baseptr: return use_directory(domain, frame);
        case tlb_flush_local: forget_translations(); return 0;
        case invlpg_local: vmm::cpu::invlpg(op.argument); return 0;
        default: return ENOSYS;
    }
}

i32 use_directory(Domain& domain, u32 frame) {
    if (!domain.frames.take(frame, FrameType::l2)) return EINVAL;
    vmm::cpu::set_cr3(domain.frames.machine_address(frame));
    const u32 old = domain.directory;
    domain.directory = frame;
    domain.frames.drop(old);  // after CR3 has left it
    return 0;
}

/// mmu_update(requests, count, done, domain). A batch is one entry into the VMM, however many
/// requests it has. No guest is privileged here: none may name another.
i32 mmu_update(Domain& domain, TrapFrame& frame) {
    if (frame.esi != domain_self) return EPERM;
    return batch<MmuUpdate>(domain, frame, Hypercall::mmu_update,
                            [&](const MmuUpdate& update) { return do_mmu_update(domain, update); });
}

/// mmuext_op(operations, count, done, domain).
i32 mmuext_op(Domain& domain, TrapFrame& frame) {
    if (frame.esi != domain_self) return EPERM;
    return batch<MmuExtOp>(domain, frame, Hypercall::mmuext_op,
                           [&](const MmuExtOp& op) { return do_mmuext_op(domain, op); });
}

/// update_va_mapping(address, value, flags): the entry that maps `address` now, and the TLB.
i32 update_va_mapping(Domain& domain, TrapFrame& frame) {
    const u32 address = frame.ebx, value = frame.ecx, flags = frame.edx;
    const u32 entry = entry_that_maps(domain, address);
    if (!entry) return EINVAL;
    const i32 result = domain.frames.update(entry, value, false);
    if ((flags & 3) == flush_tlb) forget_translations();
    if ((flags & 3) == flush_invlpg) vmm::cpu::invlpg(address);
    return result;
}

}  // namespace ringside::pv
