// Formats of paging-structure entries, and the widths of addresses. SDM 3A "Paging". Freestanding.
//
//   32-bit paging, 4-KByte page:  linear = | 31:22 PDE index | 21:12 PTE index | 11:0 offset |
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa::paging {

inline constexpr u64 P = bit(0);   ///< present
inline constexpr u64 RW = bit(1);  ///< writable
inline constexpr u64 US = bit(2);  ///< user may access
inline constexpr u64 PWT = bit(3);
inline constexpr u64 PCD = bit(4);
inline constexpr u64 A = bit(5);    ///< accessed
inline constexpr u64 D = bit(6);    ///< dirty (leaf entries)
inline constexpr u64 PS = bit(7);   ///< a large page (directory entries)
inline constexpr u64 G = bit(8);    ///< global (leaf entries)
inline constexpr u64 XD = bit(63);  ///< execute disable (PAE and 4-level)

inline constexpr u64 page_size = 4096;
inline constexpr u64 frame32 = 0xfffff000;       ///< address bits of a 32-bit entry
inline constexpr u64 frame64 = 0xffffffffff000;  ///< address bits of a 64-bit entry
inline constexpr u64 frame_4m = 0xffc00000;      ///< of a 4-MByte page, without those of PSE-36
inline constexpr u64 pdpt_base = 0xffffffe0;     ///< of CR3, with PAE paging
/// Bits 12:0 of a 64-bit entry for a large page: its flags, the last of which is PAT.
inline constexpr u64 large_flags = 0x1fff;

/// Physical addresses have 36 bits here (MAXPHYADDR): CPUID.80000008H:EAX[7:0].
inline constexpr unsigned physical_bits = 36;
inline constexpr u64 beyond_physical = ~(bit(physical_bits) - 1);
/// PSE-36 keeps address bits above 31 in bits 20:13 of a PDE; bit 21 and those above MAXPHYADDR are
/// reserved. SDM 3A Table "Format of a 32-Bit Page-Directory Entry that Maps a 4-MByte Page".
inline constexpr u64 reserved_4m = (bit(22) - 1) & ~(bit(13 + physical_bits - 32) - 1);
/// Of a PAE PDPTE register that is present. SDM 3A "PDPTE Registers".
inline constexpr u64 reserved_pdpte = beyond_physical | 0x1e6;

/// Linear addresses have 48 bits here: CPUID.80000008H:EAX[15:8].
inline constexpr unsigned linear_bits = 48;
/// Bits 63:47 are all equal. SDM 1 "Canonical Addressing".
constexpr bool canonical(u64 linear) {
    return u64(i64(linear << (64 - linear_bits)) >> (64 - linear_bits)) == linear;
}

constexpr u32 directory_index(u32 linear) { return linear >> 22; }
constexpr u32 table_index(u32 linear) { return (linear >> 12) & 0x3ff; }

}  // namespace ringside::isa::paging
