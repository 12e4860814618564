// SDM 3A "Protection": the checks that the CPU makes when a segment is loaded, made before it does.
#include "scenarios/vmms/paravirtual/segments.hpp"

#include "scenarios/vmms/common/host.hpp"

namespace ringside::pv {
using isa::Descriptor;
using isa::Selector;

bool descriptor_allowed(Descriptor d) {
    if (!d.present()) return true;  // its use faults
    if (!d.segment() || d.dpl() == 0) return false;
    if (d.expand_down()) return false;  // it reaches *above* its limit
    return u64(d.base()) + d.limit() < vmm::vmm_base;
}

bool segments_allowed(const u64* page) {
    for (u32 i = 0; i < descriptors_per_page; ++i)
        if (!descriptor_allowed({page[i]})) return false;
    return true;
}

bool can_be_handler(u16 cs, u32 eip) {
    const bool guests = cs >> 3 < guest_gdt_entries || cs == selector::kernel_code;
    return guests && Selector{cs}.rpl() == 1 && !Selector{cs}.ldt() && eip < vmm::vmm_base;
}

void install_flat_segments() {
    const auto put = [](u16 selector, u8 type) {
        vmm::host::gdt()[selector >> 3] =
            isa::segment32(0, vmm::vmm_base - 1, isa::access(Selector{selector}.rpl(), type));
    };
    put(selector::kernel_code, isa::code_type);
    put(selector::kernel_data, isa::data_type);
    put(selector::user_code, isa::code_type);
    put(selector::user_data, isa::data_type);
}

/// Entry `i` of the page in guest frame `frame`.
static Descriptor& descriptor_at(const Frames& frames, u32 frame, u32 i) {
    return reinterpret_cast<Descriptor*>(frames.entries_of(frame))[i % descriptors_per_page];
}

void GuestGdt::load(const Frames& frames, u32 i) const {
    if (i < entries_)
        vmm::host::gdt()[i] = descriptor_at(frames, pages_[i / descriptors_per_page], i);
}

void GuestGdt::load(const Frames& frames) const {
    for (u32 i = 0; i < entries_; ++i) load(frames, i);
}

void GuestGdt::unload() const {
    for (u32 i = 0; i < entries_; ++i) vmm::host::gdt()[i] = {};
}

i32 GuestGdt::set(Frames& frames, const u32* machine_frames, u32 entries) {
    const u32 pages = gdt_pages(entries);
    for (u32 i = 0; i < pages; ++i) {
        if (frames.take(machine_frames[i] - frames.first(), FrameType::segment)) continue;
        while (i-- > 0) frames.drop(machine_frames[i] - frames.first());
        return EINVAL;
    }
    unload();
    for (u32 i = 0; i < gdt_pages(entries_); ++i) frames.drop(pages_[i]);
    entries_ = entries;
    for (u32 i = 0; i < pages; ++i) pages_[i] = machine_frames[i] - frames.first();
    load(frames);
    return 0;
}

i32 GuestGdt::update(Frames& frames, u32 machine_address, Descriptor descriptor) {
    const u32 frame = frames.frame_of(machine_address);
    if (frame >= frame_count || machine_address % sizeof(Descriptor)) return EINVAL;
    if (!descriptor_allowed(descriptor)) return EINVAL;
    const FrameType type = frames.type(frame);
    if (type == FrameType::l1 || type == FrameType::l2) return EPERM;

    const u32 index = (machine_address & 0xfff) / sizeof(Descriptor);
    descriptor_at(frames, frame, index) = descriptor;
    for (u32 page = 0; page < gdt_pages(entries_); ++page)
        if (pages_[page] == frame) load(frames, page * descriptors_per_page + index);
    return 0;
}

namespace {

/// Null if there is no such entry in the GDT.
const Descriptor* find(u16 selector) {
    const Selector s{selector};
    if (s.null() || s.ldt()) return nullptr;  // Not modelled: LDTs of guests.
    const Descriptor* d = &vmm::host::gdt()[s.offset() / sizeof(Descriptor)];
    return d->present() && d->segment() ? d : nullptr;
}

bool can_hold_code(u16 selector, u32 eip) {
    const Descriptor* d = find(selector);
    const u8 rpl = Selector{selector}.rpl();
    if (!d || !d->code() || rpl == 0 || eip > d->limit()) return false;
    return d->conforming() ? d->dpl() <= rpl : d->dpl() == rpl;
}

bool can_hold_stack(u16 selector, u8 cpl) {
    const Descriptor* d = find(selector);
    return d && d->writable() && d->dpl() == cpl && Selector{selector}.rpl() == cpl;
}

bool can_hold_data(u16 selector, u8 cpl) {
    const Descriptor* d = find(selector);
    if (!d || !d->readable()) return false;
    return d->conforming() || (d->dpl() >= cpl && d->dpl() >= Selector{selector}.rpl());
}

}  // namespace

bool can_return_to(vmm::TrapFrame& frame) {
    u16* const data_segments[] = {&frame.ds, &frame.es, &frame.fs, &frame.gs};
    for (u16* data : data_segments)
        if (!can_hold_data(*data, frame.cpl())) *data = 0;
    return can_hold_code(frame.cs, frame.eip) && can_hold_stack(frame.ss, frame.cpl());
}

}  // namespace ringside::pv
