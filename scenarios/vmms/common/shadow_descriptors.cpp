#include "scenarios/vmms/common/shadow_descriptors.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/runtime.hpp"

namespace ringside::vmm {

using isa::Descriptor;
using isa::Selector;

namespace {

constexpr u64 present_bit = bit(47), accessed_bit = bit(40);

constexpr Descriptor with_limit(Descriptor d, u32 stored) {
    const u64 limit_bits = 0xffff | u64(0xf) << 48;
    return {merge(d.raw, (stored & 0xffff) | u64(stored >> 16) << 48, limit_bits)};
}
constexpr Descriptor with_dpl(Descriptor d, u8 dpl) {
    return {merge(d.raw, u64(dpl) << 45, u64(3) << 45)};
}

/// Is it one of the entries that the VMM lends to the guest at start, or keeps for it?
bool lent(Selector s) {
    const u16 entry = s.value & ~7;
    const bool at_start =
        entry == (selector::boot_code & ~7) || entry == (selector::boot_data & ~7);
    return !s.ldt() && (at_start || entry >= selector::first_kept_entry << 3);
}

/// Entry n of a table of the guest's at linear address `base`; not present if it cannot be read.
void read_entries(Guest& guest, u32 base, Descriptor* to, u32 count) {
    if (read_linear(guest, base, to, count * 8)) memset(to, 0, count * 8);
}

/// Copies `count` entries into the real table, clears those up to `before`. True if any changed.
bool copy_table(Guest& guest, u32 base, Descriptor* real, u32 count, u32 before) {
    constexpr u32 chunk = 64;
    Descriptor entries[chunk];
    bool changed = false;
    auto set = [&](u32 n, Descriptor d) {
        changed |= real[n] != d;
        real[n] = d;
    };
    for (u32 n = 0; n < count; n += chunk) {
        const u32 part = count - n < chunk ? count - n : chunk;
        read_entries(guest, base + 8 * n, entries, part);
        for (u32 i = 0; i < part; ++i) set(n + i, deprivileged(entries[i]));
    }
    for (u32 n = count; n < before; ++n) set(n, {});
    return changed;
}

u32 entries_in(u32 limit, u32 most) {
    const u32 entries = (limit + 1) / 8;
    return entries < most ? entries : most;
}

}  // namespace

Descriptor deprivileged(Descriptor d) {
    if (!d.present()) return d;
    const Descriptor absent{d.raw & ~present_bit};
    if (!d.segment() || d.base() >= vmm_base) return absent;
    if (d.dpl() == 0) d = with_dpl(d, 1);
    d.raw |= accessed_bit;  // so that the CPU never writes to the table

    const u32 room = vmm_base - d.base();  // bytes below the VMM
    if (d.expand_down()) {
        // It reaches up to 64 KiB, or to 4 GiB: that cannot be cut off.
        return d.big() || room < 0x10000 ? absent : d;
    }
    if (d.limit() < room) return d;
    if (!d.granular()) return with_limit(d, room - 1);
    return room >> 12 ? with_limit(d, (room >> 12) - 1) : absent;
}

bool ShadowDescriptors::synchronize(Guest& guest, TrapFrame& frame) {
    Descriptor before[6];
    for (unsigned n = 0; n < 6; ++n) before[n] = real_descriptor(frame.segment(n));

    const u32 gdt_entries = entries_in(guest.cpu.gdtr.limit, first_vmm_entry);
    const u32 ldt_entries =
        guest.cpu.ldtr.selector ? entries_in(guest.cpu.ldtr.limit, host::ldt_limit_entries) : 0;
    bool changed = copy_table(guest, guest.cpu.gdtr.base, host::gdt(), gdt_entries, gdt_entries_);
    changed |= copy_table(guest, guest.cpu.ldtr.base, host::ldt(), ldt_entries, ldt_entries_);
    if (ldt_entries != ldt_entries_) host::load_ldt(ldt_entries);
    host::gdt()[0] = {};
    gdt_entries_ = gdt_entries;
    ldt_entries_ = ldt_entries;
    if (gdt_entries <= most_remembered)
        read_entries(guest, guest.cpu.gdtr.base, remembered_, gdt_entries);

    // SDM 3A "Segment Registers": the hidden part of a register changes only when the register is
    // loaded.
    for (unsigned n = 0; n < 6; ++n) {
        u16& selector = frame.segment(n);
        if (Selector{selector}.null() || real_descriptor(selector) == before[n]) continue;
        kept_[n] = guests(selector);
        host::gdt()[selector::first_kept_entry + n] = before[n];
        selector = u16((selector::first_kept_entry + n) << 3 | (selector & 3));
    }
    return changed;
}

bool ShadowDescriptors::may_have_changed(const Guest& guest) const {
    if (gdt_entries_ > most_remembered || ldt_entries_ > 0) return true;
    const u32 base = guest.cpu.gdtr.base;
    const auto* const now = reinterpret_cast<const Descriptor*>(
        guest.paging.mapped(base, gdt_entries_ * 8, supervisor_read));
    if (!now) return true;
    for (u32 n = 0; n < gdt_entries_; ++n)
        if (now[n] != remembered_[n]) return true;
    return false;
}

Descriptor ShadowDescriptors::real_descriptor(u16 real_selector) {
    const Selector s{real_selector};
    if (s.null()) return {};
    return (s.ldt() ? host::ldt() : host::gdt())[s.value >> 3];
}

u32 ShadowDescriptors::base(u16 real_selector) { return real_descriptor(real_selector).base(); }

Fault read_descriptor(Guest& guest, u16 selector, Descriptor& descriptor) {
    const Selector s{selector};
    if (lent(s)) {
        descriptor = ShadowDescriptors::real_descriptor(selector);
        if (descriptor.dpl() == 1) descriptor = with_dpl(descriptor, 0);
        return {};
    }
    const u32 base = s.ldt() ? guest.cpu.ldtr.base : guest.cpu.gdtr.base;
    const u32 limit = s.ldt() ? guest.cpu.ldtr.limit : guest.cpu.gdtr.limit;
    const bool no_table = s.ldt() && guest.cpu.ldtr.selector == 0;
    if (no_table || u32(s.offset()) + 7 > limit) return fault(isa::Vector::GP, s.error());
    return read_linear(guest, base + s.offset(), &descriptor, 8);
}

}  // namespace ringside::vmm
