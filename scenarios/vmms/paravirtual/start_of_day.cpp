// What Xen's domain builder does. All lies at the end of the guest's memory:
//
//   guest-physical     one page each, but for
//   00FF5000           start_info
//   00FF6000 .. 9000   mfn_list: 4096 machine frame numbers
//   00FFA000           the page directory
//   00FFB000 .. E000   4 page tables: linear = guest-physical, read-only where they themselves lie
//   00FFF000           the first stack
#include "scenarios/vmms/common/first_frame.hpp"
#include "scenarios/vmms/common/guest_memory.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/paravirtual/parts.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::pv {
namespace paging = isa::paging;

constexpr u32 page = 0x1000, stack_frame = frame_count - 1;
constexpr u32 tables = 4, first_table = stack_frame - tables, directory = first_table - 1;
constexpr u32 list_pages = frame_count * 4 / page, mfn_list = directory - list_pages,
              start_info = mfn_list - 1;
static_assert(start_info * page == 0xff5000);

/// The guest's own statement that it was written for this interface.
static const GuestNote& find_note(const vmm::GuestMemory& memory) {
    constexpr u32 image = 0x100000, searched = 0x2000;
    for (u32 at = image; at < image + searched; at += 4) {
        const auto* note = reinterpret_cast<const GuestNote*>(memory.at(at, sizeof(GuestNote)));
        if (__builtin_memcmp(note->magic, guest_magic, sizeof guest_magic) == 0) return *note;
    }
    vmm::stop("the guest is not paravirtual: no \"", guest_magic,
              "\" in the first 8 KiB of its image. It needs a kernel built with PARAVIRT defined");
}

static u32 checked_page(const char* what, u32 address) {
    if (address % page || address < 0x100000 || address / page >= start_info)
        vmm::stop("the guest's note names a bad ", what, ": ", vmm::Hex{address});
    return address / page;
}

/// Linear addresses are guest-physical ones, as for a native guest that has not turned paging on.
static void build_page_tables(const Frames& frames) {
    for (u32 frame = 0; frame < frame_count; ++frame) {
        const bool is_table = frame >= directory && frame < stack_frame;
        frames.entries_of(first_table)[frame] =
            u32(frames.machine_address(frame) | paging::P | (is_table ? 0 : paging::RW));
    }
    memset(frames.entries_of(directory), 0, page);
    for (u32 i = 0; i < tables; ++i)
        frames.entries_of(directory)[i] =
            u32(frames.machine_address(first_table + i) | paging::P | paging::RW | paging::US);
}

static void fill_start_info(const Frames& frames, u32 shared_frame, const char* command_line) {
    auto& info = *reinterpret_cast<StartInfo*>(frames.entries_of(start_info));
    info = {};
    memcpy(info.magic, start_magic, sizeof start_magic);
    info.nr_pages = frame_count;
    info.shared_info = frames.machine_address(shared_frame);
    info.pt_base = directory * page;
    info.nr_pt_frames = tables + 1;
    info.mfn_list = mfn_list * page;
    info.first_p2m_pfn = mfn_list;
    info.nr_p2m_frames = list_pages;
    for (u32 i = 0; i < sizeof info.cmd_line - 1 && command_line[i]; ++i)
        info.cmd_line[i] = command_line[i];
    for (u32 frame = 0; frame < frame_count; ++frame)
        frames.entries_of(mfn_list)[frame] = frame + frames.first();
}

void start_of_day(Domain& domain, const vmm::LoadedGuest& loaded) {
    Frames& frames = domain.frames;
    const GuestNote note = find_note(vmm::GuestMemory(domain.id));
    const u32 hypercall_frame = checked_page("hypercall page", note.hypercall_page);
    const u32 shared_frame = checked_page("shared page", note.shared_info);

    build_page_tables(frames);
    fill_start_info(frames, shared_frame, loaded.guest_command_line);
    write_hypercall_page(reinterpret_cast<u8*>(frames.entries_of(hypercall_frame)));

    memset(frames.entries_of(shared_frame), 0, page);
    domain.shared = reinterpret_cast<SharedInfo*>(frames.entries_of(shared_frame));
    domain.vcpu().evtchn_upcall_mask = 1;  // as IF is 0 when a native kernel starts

    // By the same rules as the guest's own tables later. The VMM writes to the shared page: it must
    // never become a page table.
    if (!frames.take(shared_frame, FrameType::writable) ||
        frames.pin(directory, FrameType::l2) != 0 || !frames.take(directory, FrameType::l2))
        vmm::stop("our own page tables are refused");
    domain.directory = directory;
    domain.alive = true;

    TrapFrame& start = domain.registers;
    start = vmm::first_frame(loaded);
    start.cs = selector::kernel_code;
    start.ds = start.es = start.fs = start.gs = start.ss = selector::kernel_data;
    start.esi = start_info * page;
    start.esp = (stack_frame + 1) * page;
}

}  // namespace ringside::pv
