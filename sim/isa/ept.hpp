// Formats of EPT entries and of the EPT pointer. SDM 3C "The Extended Page Table Mechanism (EPT)".
// Freestanding.
#pragma once
#include "sim/isa/paging.hpp"

namespace ringside::isa::ept {

using paging::physical_bits;
inline constexpr u64 R = bit(0), W = bit(1), X = bit(2);
inline constexpr u64 large_page = bit(7);                ///< levels 3 and 2
inline constexpr u64 accessed = bit(8), dirty = bit(9);  ///< where the EPTP enables them
inline constexpr unsigned memory_type_shift = 3;
inline constexpr u64 uncacheable = 0, write_back = 6;

/// EPTP: memory type in 2:0, page-walk length minus 1 in 5:3, A/D enable in 6.
inline constexpr u64 enable_accessed_dirty = bit(6);
constexpr u64 pointer(u64 table) { return table | write_back | 3u << 3; }

/// The address of the top table, by which cached translations are known.
constexpr u64 root(u64 eptp) { return eptp & ~u64{0xfff}; }
/// Of the exit qualification of an EPT violation: the guest linear address is valid; the access was
/// to what it translates to.
inline constexpr u64 linear_valid = bit(7), linear_translated = bit(8);

constexpr bool large(u64 entry, unsigned level) {
    return (level == 2 || level == 3) && has(entry, large_page);
}

/// SDM 3C "EPT Misconfigurations": writable but not readable; execute-only (not offered here);
/// reserved bits of upper entries; a reserved memory type in a leaf.
constexpr bool misconfigured(u64 entry, unsigned level) {
    const u64 rights = entry & (R | W | X);
    if (rights == 0) return false;
    if (!(rights & R)) return true;
    if (field(entry, 51, physical_bits) != 0) return true;
    const bool leaf = level == 1 || large(entry, level);
    if (!leaf) return has(entry, 0xf8);
    const u64 type = field(entry, 5, 3);
    if (type == 2 || type == 3 || type == 7) return true;
    if (level == 2) return has(entry, 0x1ff000);
    if (level == 3) return has(entry, 0x3ffff000);
    return false;
}

}  // namespace ringside::isa::ept
