#include "scenarios/vmms/trap-and-emulate/descriptor_watch.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {
namespace {

constexpr u32 page_size = 4096, whole_pages = ~(page_size - 1);

/// The single step was ours: DR6 shall not tell of it. SDM 3B "Debug Status Register (DR6)".
void clear_step_status() {
    constexpr u32 BS = 1u << 14;
    cpu::set_debug_register(6, cpu::debug_register(6) & ~BS);
}

}  // namespace

void DescriptorWatch::watch(Guest& guest, u32 base, u32 limit) {
    if (limit < sizeof(isa::Descriptor) - 1) return;  // no table
    const u32 last = (base + limit) & whole_pages;
    for (u32 page = base & whole_pages;; page += page_size) {
        const Translation t = translate(guest, page, supervisor_read);
        if (!t.fault && watched_count_ < most_watched) {
            guest.paging.trace(guest.memory, t.physical);
            watched_[watched_count_++] = t.physical;
        }
        if (page == last) return;
    }
}

void DescriptorWatch::update(Guest& guest, TrapFrame& frame) {
    if (stepping()) return;
    bool written = false;
    for (ShadowPaging::Written bytes; guest.paging.take_written(bytes);) written = true;
    if (written) guest.descriptors.synchronize(guest, frame);

    const VCpu& cpu = guest.cpu;
    const u32 ldt_limit = cpu.ldtr.selector ? cpu.ldtr.limit : 0;
    const Place now{cpu.gdtr.base, cpu.gdtr.limit, cpu.ldtr.base, ldt_limit, cpu.cr3, cpu.paging()};
    if (now == place_) return;
    place_ = now;
    while (watched_count_ > 0) guest.paging.untrace(watched_[--watched_count_]);
    watch(guest, now.gdt_base, now.gdt_limit);
    watch(guest, now.ldt_base, now.ldt_limit);
}

void DescriptorWatch::let_through(Guest& guest, TrapFrame& frame, u32 physical) {
    if (open_count_ == most_open)
        stop("not modelled: one instruction that writes to many pages of descriptors at ",
             Hex{frame.eip});
    if (!stepping()) guest_steps_ = frame.eflags & isa::flags::TF;
    guest.paging.untrace(physical);
    open_[open_count_++] = physical;
    frame.eflags |= u32(isa::flags::TF);
}

bool DescriptorWatch::end_step(Guest& guest, TrapFrame& frame) {
    while (open_count_ > 0) guest.paging.trace(guest.memory, open_[--open_count_]);
    guest.descriptors.synchronize(guest, frame);
    clear_step_status();
    if (!guest_steps_) frame.eflags &= u32(~isa::flags::TF);
    return guest_steps_;
}

}  // namespace ringside::vmm
