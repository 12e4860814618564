#include "scenarios/vmms/common/guest_linear.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/runtime.hpp"

namespace ringside::vmm {

Translation translate(Guest& guest, u32 linear, Access access) {
    return translate(guest.memory, guest.cpu.paging_registers(), linear, access);
}

namespace {

/// Through the shadow page tables, which get the page if they lack it, as a TLB would. Null if that
/// does not help.
u8* by_shadow(Guest& guest, u32 linear, u32 bytes, Access access) {
    if (u8* at = guest.paging.mapped(linear, bytes, access)) return at;
    const u32 error = u32((access.write ? isa::pf::W : 0) | (access.user ? isa::pf::U : 0));
    guest.paging.on_page_fault(guest.memory, guest.cpu.paging_registers(), linear, error);
    return guest.paging.mapped(linear, bytes, access);
}

/// What the guest's local APIC cannot do is no quiet matter.
void check(const Guest& guest) {
    if (guest.apic.not_modelled()) stop("not modelled: ", guest.apic.not_modelled());
}

void read_physical(Guest& guest, u32 physical, void* to, u32 bytes) {
    if (const u8* from = guest.memory.at(physical, bytes)) {
        memcpy(to, from, bytes);
    } else if (guest.apic.claims(physical)) {
        guest.device_accessed = true;
        guest.apic.read(physical, to, bytes, cpu::rdtsc());
        check(guest);
    } else {
        memset(to, 0xff, bytes);  // no memory there: an empty bus
    }
}

void write_physical(Guest& guest, u32 physical, const void* from, u32 bytes) {
    if (!guest.apic.claims(physical))
        return guest.paging.write(guest.memory, physical, from, bytes);
    guest.device_accessed = true;
    guest.apic.write(physical, from, bytes, cpu::rdtsc());
    check(guest);
}

}  // namespace

Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access) {
    if (const u8* from = by_shadow(guest, linear, bytes, access)) {
        memcpy(to, from, bytes);
        return {};
    }
    auto* out = static_cast<u8*>(to);
    return by_page(guest.memory, guest.cpu.paging_registers(), linear, bytes, access,
                   [&](u32 physical, u32 part) {
                       read_physical(guest, physical, out, part);
                       out += part;
                   });
}

Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes, Access access) {
    // A traced page is not writable here, so no write to one goes this way.
    if (u8* to = by_shadow(guest, linear, bytes, access)) {
        memcpy(to, from, bytes);
        return {};
    }
    return write_linear(
        guest.memory, guest.cpu.paging_registers(), linear, from, bytes, access,
        [&](u32 physical, const void* in, u32 part) { write_physical(guest, physical, in, part); });
}

}  // namespace ringside::vmm
