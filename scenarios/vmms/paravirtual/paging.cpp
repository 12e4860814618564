// Hypercalls that change page tables, or make the CPU forget or use them.
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/paravirtual/guest_access.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"

namespace ringside::pv {

namespace {

/// Runs `operation` on each of the ECX structures at EBX, until one fails. EDX, unless 0, is where
/// to write how many did not. A long batch is cut: interrupts and the other guest come in between.
template <class T, class Operation>
i32 batch(Domain& domain, vmm::TrapFrame& frame, Hypercall number, Operation operation) {
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

i32 use_directory(Domain& domain, u32 frame) {
    if (!domain.frames.take(frame, FrameType::l2)) return EINVAL;
    vmm::cpu::set_cr3(domain.frames.machine_address(frame));
    const u32 old = domain.directory;
    domain.directory = frame;
    domain.frames.drop(old);  // after CR3 has left it
    return 0;
}

i32 do_mmu_update(Domain& domain, const MmuUpdate& update) {
    const u32 command = u32(update.entry & 3);
    if (update.entry >> 32 || update.value >> 32) return EINVAL;  // no PAE: addresses have 32 bits
    if (command == mmu_machphys) return ENOSYS;  // Not modelled: a machine-to-physical table.
    return domain.frames.update(u32(update.entry) & ~3u, u32(update.value),
                                command == mmu_preserve_ad);
}

i32 do_mmuext_op(Domain& domain, const MmuExtOp& op) {
    const u32 frame = op.argument - domain.frames.first();
    switch (op.command) {
        case pin_l1_table: return domain.frames.pin(frame, FrameType::l1);
        case pin_l2_table: return domain.frames.pin(frame, FrameType::l2);
        case unpin_table: return domain.frames.unpin(frame);
        case new_baseptr: return use_directory(domain, frame);
        case tlb_flush_local: vmm::cpu::set_cr3(vmm::cpu::cr3()); return 0;
        case invlpg_local: vmm::cpu::invlpg(op.argument); return 0;
        default: return ENOSYS;
    }
}

/// No guest is privileged here: none may name another.
bool names_me(u32 domain_number) { return domain_number == domain_self; }

}  // namespace

/// mmu_update(requests, count, done, domain). A batch is one entry into the VMM, however many
/// requests it has.
i32 mmu_update(Domain& domain, vmm::TrapFrame& frame) {
    if (!names_me(frame.esi)) return EPERM;
    return batch<MmuUpdate>(domain, frame, Hypercall::mmu_update,
                            [&](const MmuUpdate& update) { return do_mmu_update(domain, update); });
}

/// mmuext_op(operations, count, done, domain).
i32 mmuext_op(Domain& domain, vmm::TrapFrame& frame) {
    if (!names_me(frame.esi)) return EPERM;
    return batch<MmuExtOp>(domain, frame, Hypercall::mmuext_op,
                           [&](const MmuExtOp& op) { return do_mmuext_op(domain, op); });
}

/// update_va_mapping(address, value, flags): the entry that maps `address` now, and the TLB with
/// it.
i32 update_va_mapping(Domain& domain, vmm::TrapFrame& frame) {
    const u32 address = frame.ebx, value = frame.ecx, flags = frame.edx;
    const u32 entry = entry_that_maps(domain, address);
    if (!entry) return EINVAL;
    const i32 result = domain.frames.update(entry, value, false);
    if ((flags & 3) == flush_tlb) vmm::cpu::set_cr3(vmm::cpu::cr3());
    if ((flags & 3) == flush_invlpg) vmm::cpu::invlpg(address);
    return result;
}

/// set_gdt(machine frames, entries).
i32 set_gdt(Domain& domain, vmm::TrapFrame& frame) {
    const u32 entries = frame.ecx;
    if (entries > guest_gdt_entries) return EINVAL;
    u32 frames[guest_gdt_pages];
    if (!copy_from_guest(domain, frames, frame.ebx, gdt_pages(entries) * 4)) return EFAULT;
    return domain.gdt.set(domain.frames, frames, entries);
}

/// update_descriptor(machine address low, high, descriptor low, high).
i32 update_descriptor(Domain& domain, vmm::TrapFrame& frame) {
    if (frame.ecx) return EINVAL;
    return domain.gdt.update(domain.frames, frame.ebx, {frame.edx | u64(frame.esi) << 32});
}

}  // namespace ringside::pv
