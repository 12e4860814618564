#include "scenarios/vmms/common/guest_walk.hpp"

#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace isa::paging;

Translation translate(GuestMemory& memory, const PagingRegisters& registers, u32 linear,
                      Access access) {
    Translation t;
    t.physical = linear;
    if (!registers.paging()) return t;

    const u32 error = (access.write ? isa::pf::W : 0) | (access.user ? isa::pf::U : 0);
    auto fail = [&](u32 protection) {
        t.fault = page_fault(linear, error | protection);
        return t;
    };

    const u32 pde_at = u32(registers.cr3 & frame32) + 4 * directory_index(linear);
    const u32 pde = memory.read32(pde_at);
    if (!(pde & P)) return fail(0);
    t.large = (pde & PS) && registers.large_pages();
    if (t.large && (pde & reserved_4m)) return fail(isa::pf::P | isa::pf::RSVD);
    // Not modelled: PSE-36, which needs memory above 4 GiB.

    const u32 pte_at = t.large ? pde_at : u32(pde & frame32) + 4 * table_index(linear);
    const u32 pte = t.large ? pde : memory.read32(pte_at);
    if (!(pte & P)) return fail(0);

    t.writable = pde & pte & RW;
    t.user = pde & pte & US;
    if (access.user && !t.user) return fail(isa::pf::P);
    if (access.write && !t.writable && (access.user || registers.write_protect()))
        return fail(isa::pf::P);

    const u32 used = u32(pte | A | (access.write ? D : 0));
    if (!(pde & A)) memory.write32(pde_at, u32(pde | A));
    if (used != pte) memory.write32(pte_at, used);
    t.dirty = used & D;
    t.physical =
        t.large ? (pte & 0xffc00000) | (linear & 0x3fffff) : u32(pte & frame32) | (linear & 0xfff);
    return t;
}

Fault read_linear(GuestMemory& memory, const PagingRegisters& registers, u32 linear, void* to,
                  u32 bytes, Access access) {
    auto* out = static_cast<u8*>(to);
    return by_page(memory, registers, linear, bytes, access, [&](u32 physical, u32 part) {
        if (const u8* from = memory.at(physical, part))
            memcpy(out, from, part);
        else
            memset(out, 0xff, part);  // no memory there: an empty bus
        out += part;
    });
}

}  // namespace ringside::vmm
