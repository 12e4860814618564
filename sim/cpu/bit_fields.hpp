// Pure operations on fields of bits: deposit, extract, CRC-32C. SDM 2B "PDEP", "PEXT"; SDM 2A
// "CRC32".
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::cpu::alu {

/// The low bits of `value`, in order, at the places where `mask` is 1.
constexpr u64 deposit(u64 value, u64 mask) {
    u64 result = 0;
    for (; mask != 0; mask &= mask - 1, value >>= 1)
        if (value & 1) result |= mask & (0 - mask);
    return result;
}
/// The bits of `value` at the places where `mask` is 1, in order, as the low bits.
constexpr u64 extract(u64 value, u64 mask) {
    u64 result = 0;
    for (u64 place = 1; mask != 0; mask &= mask - 1, place <<= 1)
        if (value & mask & (0 - mask)) result |= place;
    return result;
}

/// The polynomial 11EDC6F41H, reflected: the instruction works on reflected bits.
inline constexpr u32 crc32c_polynomial = 0x82f63b78;

constexpr u32 crc32c(u32 sum, u64 data, unsigned bytes) {
    for (unsigned n = 0; n < bytes; ++n) {
        sum ^= u32(data >> (8 * n)) & 0xff;
        for (unsigned turn = 0; turn < 8; ++turn)
            sum = (sum >> 1) ^ (sum & 1 ? crc32c_polynomial : 0);
    }
    return sum;
}

static_assert(deposit(0b101, 0b1001'0010) == 0b1000'0010);
static_assert(extract(0b1000'0010, 0b1001'0010) == 0b101);
// The check value of CRC-32C: the digits "123456789", inverted before and after.
static_assert(~crc32c(crc32c(~u32{0}, 0x3837363534333231, 8), 0x39, 1) == 0xe3069283);

}  // namespace ringside::cpu::alu
