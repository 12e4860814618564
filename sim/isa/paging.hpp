// Formats of paging-structure entries. SDM 3A "Paging". Freestanding.
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

constexpr u32 directory_index(u32 linear) { return linear >> 22; }
constexpr u32 table_index(u32 linear) { return (linear >> 12) & 0x3ff; }

}  // namespace ringside::isa::paging
