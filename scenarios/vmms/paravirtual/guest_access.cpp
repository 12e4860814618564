// Pointers from the guest are never followed: they are translated by the guest's page tables.
//
//   linear -> directory entry -> table entry -> guest frame -> the VMM's view of it
//
// The tables are validated, so every frame that they name is the guest's. What remains to be
// checked: that there is a mapping, that it may be written, and that the address is not the VMM's.
#include "scenarios/vmms/paravirtual/parts.hpp"

namespace ringside::pv {
namespace paging = isa::paging;

u32 entry_that_maps(const Domain& domain, u32 linear) {
    if (linear >= vmm::vmm_base) return 0;
    const u32 in_directory =
        domain.frames.entries_of(domain.directory)[paging::directory_index(linear)];
    if (!(in_directory & paging::P)) return 0;
    return u32(in_directory & paging::frame32) + paging::table_index(linear) * 4;
}

/// The VMM's view of the byte at `linear`; null if the guest's kernel may not access it that way.
static u8* find(const Domain& domain, u32 linear, bool write) {
    const u32 where = entry_that_maps(domain, linear);
    if (!where) return nullptr;
    const u32 entry = *vmm::at_physical<u32>(where);
    const u32 in_directory =
        domain.frames.entries_of(domain.directory)[paging::directory_index(linear)];
    const u64 needed = paging::P | (write ? paging::RW : 0);
    if ((entry & in_directory & needed) != needed) return nullptr;
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

}  // namespace ringside::pv
