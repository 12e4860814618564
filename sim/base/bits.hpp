// Bit fields of words. Freestanding.
#pragma once
#include "sim/base/types.hpp"

namespace ringside {

constexpr u64 bit(unsigned n) { return u64{1} << n; }
constexpr bool has(u64 word, u64 mask) { return (word & mask) != 0; }
/// Bits hi..lo of `word`, shifted down.
constexpr u64 field(u64 word, unsigned hi, unsigned lo) {
    return (word >> lo) & (hi - lo == 63 ? ~u64{0} : bit(hi - lo + 1) - 1);
}
/// `word` with the bits of `mask` taken from `value`.
constexpr u64 merge(u64 word, u64 value, u64 mask) { return (word & ~mask) | (value & mask); }
constexpr u64 align_down(u64 value, u64 alignment) { return value & ~(alignment - 1); }
constexpr u64 align_up(u64 value, u64 alignment) {
    return align_down(value + alignment - 1, alignment);
}
/// The low `bytes` * 8 bits set; `bytes` is 1, 2, 4 or 8.
constexpr u64 width_mask(unsigned bytes) { return bytes >= 8 ? ~u64{0} : bit(bytes * 8) - 1; }
constexpr u64 sign_extend(u64 value, unsigned bytes) {
    const u64 sign = bit(bytes * 8 - 1);
    return ((value & width_mask(bytes)) ^ sign) - sign;
}

}  // namespace ringside
