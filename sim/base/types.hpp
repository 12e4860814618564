// The fixed-width words and the address types. Freestanding: programs inside the machine use it
// too.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace ringside {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i8 = int8_t;
using i16 = int16_t;
using i32 = int32_t;
using i64 = int64_t;
#ifdef __SIZEOF_INT128__
/// For products and dividends of 64-bit operands. The programs inside the machine have none.
__extension__ using u128 = unsigned __int128;
__extension__ using i128 = __int128;
#endif

/// An address after segmentation, before paging. SDM 3A "Linear Address Space".
struct LinAddr {
    u64 value = 0;
    constexpr bool operator==(const LinAddr&) const = default;
};
/// An address after the guest's paging, before EPT. Equal to HostPhys where EPT is off.
struct GuestPhys {
    u64 value = 0;
    constexpr bool operator==(const GuestPhys&) const = default;
};
/// An address on the simulated machine's memory bus.
struct HostPhys {
    u64 value = 0;
    constexpr bool operator==(const HostPhys&) const = default;
};

/// Simulated time, in cycles of the simulated CPU since reset.
using Cycle = u64;
inline constexpr Cycle never = ~Cycle{0};

}  // namespace ringside
