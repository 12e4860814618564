// Walks the guest's page tables in software. SDM 3A "32-Bit Paging".
#include "scenarios/vmms/paravirtual/guest_access.hpp"

namespace ringside::pv {
namespace paging = isa::paging;

u32 entry_that_maps(const Domain& domain, u32 linear) {
    if (linear >= vmm::vmm_base) return 0;
    const u32 directory_entry =
        domain.frames.entries_of(domain.directory)[paging::directory_index(linear)];
    if (!(directory_entry & paging::P)) return 0;
    return u32(directory_entry & paging::frame32) + paging::table_index(linear) * 4;
}

namespace {

/// The VMM's view of the byte at `linear`; null if the guest's kernel may not access it that way.
u8* find(const Domain& domain, u32 linear, bool write) {
    const u32 where = entry_that_maps(domain, linear);
    if (!where) return nullptr;
    const u32 entry = *vmm::at_physical<u32>(where);
    const u32 directory_entry =
        domain.frames.entries_of(domain.directory)[paging::directory_index(linear)];
    const u64 needed = paging::P | (write ? paging::RW : 0);
    if ((entry & directory_entry & needed) != needed) return nullptr;
    return vmm::at_physical(u32(entry & paging::frame32) | (linear & 0xfff));
}

/// Calls `copy(the VMM's view, bytes)` for each part of the range that lies in one page.
template <class Copy>
bool for_each_page(const Domain& domain, u32 linear, u32 bytes, bool write, Copy copy) {
    while (bytes > 0) {
        const u32 left_in_page = 0x1000 - (linear & 0xfff);
        const u32 part = bytes < left_in_page ? bytes : left_in_page;
        u8* const there = find(domain, linear, write);
        if (!there) return false;
        copy(there, part);
        linear += part;
        bytes -= part;
    }
    return true;
}

}  // namespace

bool copy_from_guest(const Domain& domain, void* to, u32 linear, u32 bytes) {
    u8* out = static_cast<u8*>(to);
    return for_each_page(domain, linear, bytes, false, [&](const u8* there, u32 part) {
        __builtin_memcpy(out, there, part);
        out += part;
    });
}

bool copy_to_guest(const Domain& domain, u32 linear, const void* from, u32 bytes) {
    const u8* in = static_cast<const u8*>(from);
    return for_each_page(domain, linear, bytes, true, [&](u8* there, u32 part) {
        __builtin_memcpy(there, in, part);
        in += part;
    });
}

}  // namespace ringside::pv
