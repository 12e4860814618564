// The guest's segments: which descriptors it may have, and whether its selectors can be loaded.
//
// A descriptor is refused if it has full privilege (DPL 0), reaches the VMM's addresses, or is none
// of code and data (a TSS or a gate would hand control over privilege to the guest). The VMM's GDT
// holds a copy of the guest's while it runs; Xen maps the guest's frames there.
#include "scenarios/vmms/paravirtual/parts.hpp"

namespace ringside::pv {
using isa::Descriptor;
using isa::Selector;

static bool allowed(Descriptor d) {
    if (!d.present()) return true;  // its use faults
    if (!d.segment() || d.dpl() == 0) return false;
    if (d.expand_down()) return false;  // it reaches *above* its limit
    return u64(d.base()) + d.limit() < vmm::vmm_base;
}

/// Entry `i` of the page in guest frame `frame`.
static Descriptor& descriptor_at(const Frames& frames, u32 frame, u32 i) {
    return reinterpret_cast<Descriptor*>(frames.entries_of(frame))[i % descriptors_per_page];
}

bool segments_allowed(const u64* page) {
    for (u32 i = 0; i < descriptors_per_page; ++i)
        if (!allowed({page[i]})) return false;
    return true;
}

/// Only code of ring 1, and none of the VMM's descriptors: a gate to those would lead to ring 0,
/// whatever RPL its selector has.
bool can_be_handler(Callback c) {
    const bool guests = c.cs >> 3 < guest_gdt_entries || c.cs == selector::kernel_code;
    return guests && Selector{c.cs}.rpl() == 1 && !Selector{c.cs}.ldt() && c.eip < vmm::vmm_base;
}

void install_flat_segments() {
    using namespace selector;
    constexpr u16 flat[] = {kernel_code, kernel_data, user_code, user_data};
    for (const u16 s : flat) {
        const bool code = s == kernel_code || s == user_code;
        const u8 access = isa::access(Selector{s}.rpl(), code ? isa::code_type : isa::data_type);
        vmm::host::gdt()[s >> 3] = isa::segment32(0, vmm::vmm_base - 1, access);
    }
}

void load_gdt(const Domain& domain) {
    static u32 loaded = 0;  // entries
    const u32 entries = domain.gdt_entries, most = entries > loaded ? entries : loaded;
    for (u32 i = 0; i < most; ++i)
        vmm::host::gdt()[i] =
            i < entries
                ? descriptor_at(domain.frames, domain.gdt_frames[i / descriptors_per_page], i)
                : Descriptor{};
    loaded = entries;
}

// ---- the hypercalls

/// set_gdt(machine frames, entries).
i32 set_gdt(Domain& domain, TrapFrame& frame) {
    const u32 entries = frame.ecx, pages = gdt_pages(entries);
    if (entries > guest_gdt_entries) return EINVAL;
    u32 list[guest_gdt_pages];
    if (!copy_from_guest(domain, list, frame.ebx, pages * 4)) return EFAULT;
    for (u32 i = 0; i < pages; ++i) {
        list[i] -= domain.frames.first();
        if (domain.frames.take(list[i], FrameType::segment)) continue;
        while (i-- > 0) domain.frames.drop(list[i]);
        return EINVAL;
    }
    for (u32 i = 0; i < gdt_pages(domain.gdt_entries); ++i)
        domain.frames.drop(domain.gdt_frames[i]);
    domain.gdt_entries = entries;
    for (u32 i = 0; i < pages; ++i) domain.gdt_frames[i] = list[i];
    load_gdt(domain);
    return 0;
}

/// update_descriptor(machine address low, high, descriptor low, high).
i32 update_descriptor(Domain& domain, TrapFrame& frame) {
    const u32 at = frame.ebx, n = domain.frames.frame_of(at);
    const Descriptor descriptor{frame.edx | u64(frame.esi) << 32};
    if (frame.ecx || n >= frame_count || at % sizeof(Descriptor) || !allowed(descriptor))
        return EINVAL;
    const FrameType type = domain.frames.type(n);
    if (type == FrameType::l1 || type == FrameType::l2) return EPERM;
    descriptor_at(domain.frames, n, (at & 0xfff) / sizeof(Descriptor)) = descriptor;
    if (type == FrameType::segment) load_gdt(domain);
    return 0;
}

// ---- the checks that the CPU makes when a segment is loaded, before it does. SDM 3A "Protection"

/// Null if there is no such entry in the GDT.
static const Descriptor* find(u16 selector) {
    const Selector s{selector};
    if (s.null() || s.ldt()) return nullptr;  // Not modelled: LDTs of guests.
    const Descriptor* d = &vmm::host::gdt()[s.offset() / sizeof(Descriptor)];
    return d->present() && d->segment() ? d : nullptr;
}

/// The VMM loads it in ring 0; IRET makes it null if its DPL is not for the ring that it goes to.
static bool can_hold_data(u16 selector) {
    const Descriptor* d = find(selector);
    if (!d) return Selector{selector}.null();
    return d->readable() && (d->conforming() || d->dpl() >= Selector{selector}.rpl());
}

bool can_return_to(const TrapFrame& frame) {
    const u8 ring = frame.cpl();
    const Descriptor *code = find(frame.cs), *stack = find(frame.ss);
    if (!code || !stack || ring == 0) return false;
    const bool right_ring = code->conforming() ? code->dpl() <= ring : code->dpl() == ring;
    return code->code() && right_ring && frame.eip <= code->limit() && stack->writable() &&
           stack->dpl() == ring && Selector{frame.ss}.rpl() == ring;
}

bool clear_bad_data_segments(TrapFrame& frame) {
    bool any = false;
    u16* const selectors[] = {&frame.ds, &frame.es, &frame.fs, &frame.gs};
    for (u16* selector : selectors)
        if (!can_hold_data(*selector)) *selector = 0, any = true;
    return any;
}

}  // namespace ringside::pv
