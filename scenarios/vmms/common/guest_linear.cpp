#include "scenarios/vmms/common/guest_linear.hpp"

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

}  // namespace

Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access) {
    if (const u8* from = by_shadow(guest, linear, bytes, access)) {
        memcpy(to, from, bytes);
        return {};
    }
    return read_linear(guest.memory, guest.cpu.paging_registers(), linear, to, bytes, access);
}

Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes, Access access) {
    // A traced page is not writable here, so no write to one goes this way.
    if (u8* to = by_shadow(guest, linear, bytes, access)) {
        memcpy(to, from, bytes);
        return {};
    }
    return write_linear(guest.memory, guest.cpu.paging_registers(), linear, from, bytes, access,
                        [&](u32 physical, const void* in, u32 part) {
                            guest.paging.write(guest.memory, physical, in, part);
                        });
}

}  // namespace ringside::vmm
