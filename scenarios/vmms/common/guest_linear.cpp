#include "scenarios/vmms/common/guest_linear.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace isa::paging;

Translation translate(Guest& guest, u32 linear, Access access) {
    const VCpu& cpu = guest.cpu;
    Translation t;
    t.physical = linear;
    if (!cpu.paging()) return t;

    const u32 error = (access.write ? isa::pf::W : 0) | (access.user ? isa::pf::U : 0);
    auto fail = [&](u32 protection) {
        t.fault = page_fault(linear, error | protection);
        return t;
    };

    const u32 pde_at = u32(cpu.cr3 & frame32) + 4 * directory_index(linear);
    const u32 pde = guest.memory.read32(pde_at);
    if (!(pde & P)) return fail(0);
    // Not modelled: reserved bits, and PSE-36, which needs memory above 4 GiB.
    t.large = (pde & PS) && (cpu.cr4 & isa::cr4::PSE);

    const u32 pte_at = t.large ? pde_at : u32(pde & frame32) + 4 * table_index(linear);
    const u32 pte = t.large ? pde : guest.memory.read32(pte_at);
    if (!(pte & P)) return fail(0);

    t.writable = pde & pte & RW;
    t.user = pde & pte & US;
    if (access.user && !t.user) return fail(isa::pf::P);
    if (access.write && !t.writable && (access.user || (cpu.cr0 & isa::cr0::WP)))
        return fail(isa::pf::P);

    const u32 used = u32(pte | A | (access.write ? D : 0));
    if (!(pde & A)) guest.memory.write32(pde_at, u32(pde | A));
    if (used != pte) guest.memory.write32(pte_at, used);
    t.dirty = used & D;
    t.physical =
        t.large ? (pte & 0xffc00000) | (linear & 0x3fffff) : u32(pte & frame32) | (linear & 0xfff);
    return t;
}

namespace {

/// Calls copy(guest_physical, bytes) for each page that [linear, linear + bytes) touches.
template <class Copy>
Fault by_page(Guest& guest, u32 linear, u32 bytes, Access access, Copy copy) {
    while (bytes > 0) {
        const u32 left_in_page = u32(page_size) - linear % u32(page_size);
        const u32 part = bytes < left_in_page ? bytes : left_in_page;
        const Translation t = translate(guest, linear, access);
        if (t.fault) return t.fault;
        if (access.write) guest.paging.note_write(t.physical);
        copy(guest.memory.at(t.physical, part), part);
        linear += part;
        bytes -= part;
    }
    return {};
}

}  // namespace

Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access) {
    auto* out = static_cast<u8*>(to);
    return by_page(guest, linear, bytes, access, [&](const u8* from, u32 part) {
        if (from)
            memcpy(out, from, part);
        else
            memset(out, 0xff, part);  // no memory there: an empty bus
        out += part;
    });
}

Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes, Access access) {
    // All pages first, so that a fault on the second leaves the first as it was.
    if (const Fault f = by_page(guest, linear, bytes, access, [](u8*, u32) {})) return f;
    auto* in = static_cast<const u8*>(from);
    return by_page(guest, linear, bytes, access, [&](u8* to, u32 part) {
        if (to) memcpy(to, in, part);
        in += part;
    });
}

}  // namespace ringside::vmm
