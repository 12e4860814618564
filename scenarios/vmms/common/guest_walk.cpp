#include "scenarios/vmms/common/guest_walk.hpp"

#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace isa::paging;

namespace {

/// Entries are Words: of 4 bytes, or with PAE of 8.
template <class Word>
inline constexpr bool is_pae = sizeof(Word) == 8;

template <class Word>
Word read_entry(const GuestMemory& memory, Word at) {
    if constexpr (is_pae<Word>) {
        if (at >> 32) return ~Word{0};  // no memory there: an empty bus
        return memory.read32(u32(at)) | Word{memory.read32(u32(at) + 4)} << 32;
    } else {
        return memory.read32(at);
    }
}

u32 error_of(Access access) {
    return u32((access.write ? isa::pf::W : 0) | (access.user ? isa::pf::U : 0));
}

/// From the page directory on. `above`: R/W and U/S of the levels above it.
template <class Word>
Translation walk(GuestMemory& memory, const PagingRegisters& registers, Word directory,
                 Natural linear, Access access, Word above = Word(RW | US)) {
    constexpr unsigned index_bits = is_pae<Word> ? 9 : 10, large_shift = 12 + index_bits;
    constexpr u32 index_mask = (1u << index_bits) - 1, in_large_page = (1u << large_shift) - 1;
    constexpr Word frame = Word(frame32) | (is_pae<Word> ? ~beyond_physical >> 32 << 32 : 0);

    Translation t;
    const u32 error = error_of(access);
    auto fail = [&](u32 protection) {
        t.fault = page_fault(linear, error | protection);
        return t;
    };

    const Word pde_at = directory + sizeof(Word) * ((linear >> large_shift) & index_mask);
    const Word pde = read_entry(memory, pde_at);
    if (!(pde & P)) return fail(0);
    t.large = (pde & PS) && (is_pae<Word> || registers.large_pages());
    // Not modelled: PSE-36, which needs memory above 4 GiB; reserved bits with PAE.
    if (!is_pae<Word> && t.large && (pde & reserved_4m)) return fail(isa::pf::P | isa::pf::RSVD);

    const Word pte_at =
        t.large ? pde_at : (pde & frame) + sizeof(Word) * ((linear >> 12) & index_mask);
    if (!t.large) t.table = u32(pte_at & frame32);
    const Word pte = t.large ? pde : read_entry(memory, pte_at);
    if (!(pte & P)) return fail(0);

    t.writable = above & pde & pte & RW;
    t.user = above & pde & pte & US;
    if (access.user && !t.user) return fail(isa::pf::P);
    if (access.write && !t.writable && (access.user || registers.write_protect()))
        return fail(isa::pf::P);

    const u32 used = u32(pte | A | (access.write ? D : 0));
    if (!(pde & A)) memory.write32(u32(pde_at), u32(pde | A));
    if (used != u32(pte)) memory.write32(u32(pte_at), used);
    t.dirty = used & D;
    const u32 offset = u32(linear) & (t.large ? in_large_page : u32(page_size) - 1);
    t.physical = u32(pte & frame & ~Word{t.large ? in_large_page : 0}) | offset;
    if constexpr (is_pae<Word>)
        if ((pte & frame) >> 32) t.physical = nowhere | offset;
    return t;
}

/// The two levels above the page directory. Not modelled: pages of 1 GByte, more than a guest has
/// memory; reserved bits.
Translation walk_four_levels(GuestMemory& memory, const PagingRegisters& registers, u64 linear,
                             Access access) {
    u64 table = registers.cr3 & frame64, rights = RW | US;
    for (unsigned shift = 39; shift >= 30; shift -= 9) {
        const u64 at = table + 8 * ((linear >> shift) & 0x1ff), entry = read_entry(memory, at);
        if (!(entry & P)) return {page_fault(Natural(linear), error_of(access))};
        if (!(entry & A)) memory.write32(u32(at), u32(entry | A));
        rights &= entry;
        table = entry & frame64;
    }
    return walk<u64>(memory, registers, table, Natural(linear), access, rights);
}

}  // namespace

Translation translate(GuestMemory& memory, const PagingRegisters& registers, Natural linear,
                      Access access) {
    Translation t;
    t.physical = u32(linear);
    if (!registers.paging()) return t;
    if (long_mode && registers.ia32e) return walk_four_levels(memory, registers, linear, access);
    if (!registers.pae())
        return walk<u32>(memory, registers, u32(registers.cr3 & frame32), linear, access);

    const u64 pdpte = read_entry(memory, (registers.cr3 & pdpt_base) + 8 * (linear >> 30));
    if (!(pdpte & P)) return {page_fault(linear, error_of(access))};
    return walk<u64>(memory, registers, pdpte & frame64, linear, access);
}

Fault read_linear(GuestMemory& memory, const PagingRegisters& registers, Natural linear, void* to,
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
