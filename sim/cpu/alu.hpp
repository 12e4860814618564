// Pure arithmetic: a value and the status flags, nothing else. SDM 1 "EFLAGS Register", SDM 2.
#pragma once
#include "sim/cpu/status.hpp"

namespace ringside::cpu::alu {

namespace fl = isa::flags;

using status_detail::sign_zero_parity;

struct Value {
    u64 value;
    Status status;
};

constexpr Value add(unsigned width, u64 a, u64 b) {
    const u64 sum = (a + b) & width_mask(width);
    return {sum, {Status::Add, width, sum, b}};
}
constexpr Value sub(unsigned width, u64 a, u64 b) {
    return {(a - b) & width_mask(width), {Status::Sub, width, a, b}};
}

/// ADC and SBB: the carry that comes in makes their flags a case of their own.
constexpr Value add_with_carry(unsigned width, u64 a, u64 b, bool carry) {
    const u64 sum = (a + b + carry) & width_mask(width);
    const u64 carries = (a & b) | ((a | b) & ~sum), overflow = (a ^ sum) & (b ^ sum);
    const unsigned top = 8 * width - 1;
    return {sum, Status::known(sign_zero_parity(width, sum) | ((carries >> top) & 1 ? fl::CF : 0) |
                               ((overflow >> top) & 1 ? fl::OF : 0) |
                               ((a ^ b ^ sum) & 0x10 ? fl::AF : 0))};
}
constexpr Value sub_with_borrow(unsigned width, u64 a, u64 b, bool borrow) {
    const u64 result = (a - b - borrow) & width_mask(width);
    const u64 borrows = (~a & b) | ((~a | b) & result), overflow = (a ^ b) & (a ^ result);
    const unsigned top = 8 * width - 1;
    return {result,
            Status::known(sign_zero_parity(width, result) | ((borrows >> top) & 1 ? fl::CF : 0) |
                          ((overflow >> top) & 1 ? fl::OF : 0) |
                          ((a ^ b ^ result) & 0x10 ? fl::AF : 0))};
}

/// AND, OR, XOR, TEST: CF = OF = 0; AF, undefined by the SDM, is 0 on silicon.
constexpr Value logic(unsigned width, u64 value) {
    return {value, {Status::Logic, width, value, 0}};
}

/// Keeps CF. SDM 2A "INC".
constexpr Value inc(unsigned width, u64 a, bool carry) {
    const u64 value = (a + 1) & width_mask(width);
    return {value, {Status::Inc, width, value, carry}};
}
constexpr Value dec(unsigned width, u64 a, bool carry) {
    const u64 value = (a - 1) & width_mask(width);
    return {value, {Status::Dec, width, value, carry}};
}

/// Shifts. `count` is already masked to 5 bits (6 for 64-bit operands). Count 0 changes no flag.
/// OF is defined for a count of 1 only; for others this is what Intel silicon shows.
constexpr Value shl(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width;
    const u64 result = count >= bits ? 0 : (a << count) & width_mask(width);
    const bool carry = count <= bits && ((a >> (bits - count)) & 1);
    const bool top = (result >> (bits - 1)) & 1;
    return {result, Status::known(sign_zero_parity(width, result) | (carry ? fl::CF : 0) |
                                  (top != carry ? fl::OF : 0))};
}
constexpr Value shr(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width;
    const u64 result = count >= bits ? 0 : a >> count;
    const bool carry = count <= bits && ((a >> (count - 1)) & 1);
    const bool overflow = ((result << 1 ^ result) >> (bits - 1)) & 1;
    return {result, Status::known(sign_zero_parity(width, result) | (carry ? fl::CF : 0) |
                                  (overflow ? fl::OF : 0))};
}
constexpr Value sar(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const i64 wide = i64(sign_extend(a, width));
    const unsigned last = count > 63 ? 63 : count;
    const u64 result = u64(wide >> last) & width_mask(width);
    const bool carry = (wide >> (last - 1)) & 1;
    return {result, Status::known(sign_zero_parity(width, result) | (carry ? fl::CF : 0))};
}

/// Rotates change CF and OF only.
constexpr Value rol(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width, by = count % bits;
    const u64 result = by ? ((a << by) | (a >> (bits - by))) & width_mask(width) : a;
    const bool carry = result & 1, top = (result >> (bits - 1)) & 1;
    return {result, Status::known((old_flags & (fl::status & ~(fl::CF | fl::OF))) |
                                  (carry ? fl::CF : 0) | (top != carry ? fl::OF : 0))};
}
constexpr Value ror(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width, by = count % bits;
    const u64 result = by ? ((a >> by) | (a << (bits - by))) & width_mask(width) : a;
    const bool top = (result >> (bits - 1)) & 1, next = (result >> (bits - 2)) & 1;
    return {result, Status::known((old_flags & (fl::status & ~(fl::CF | fl::OF))) |
                                  (top ? fl::CF : 0) | (top != next ? fl::OF : 0))};
}
constexpr Value rcl(unsigned width, u64 a, unsigned count, u64 old_flags) {
    const unsigned bits = 8 * width;
    const unsigned by = count % (bits + 1);
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    u64 value = a;
    bool carry = old_flags & fl::CF;
    for (unsigned i = 0; i < by; ++i) {
        const bool out = (value >> (bits - 1)) & 1;
        value = ((value << 1) | (carry ? 1 : 0)) & width_mask(width);
        carry = out;
    }
    const bool top = (value >> (bits - 1)) & 1;
    return {value, Status::known((old_flags & (fl::status & ~(fl::CF | fl::OF))) |
                                 (carry ? fl::CF : 0) | (top != carry ? fl::OF : 0))};
}
constexpr Value rcr(unsigned width, u64 a, unsigned count, u64 old_flags) {
    const unsigned bits = 8 * width;
    const unsigned by = count % (bits + 1);
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    u64 value = a;
    bool carry = old_flags & fl::CF;
    for (unsigned i = 0; i < by; ++i) {
        const bool out = value & 1;
        value = (value >> 1) | (carry ? bit(bits - 1) : 0);
        carry = out;
    }
    const bool top = (value >> (bits - 1)) & 1, next = (value >> (bits - 2)) & 1;
    return {value, Status::known((old_flags & (fl::status & ~(fl::CF | fl::OF))) |
                                 (carry ? fl::CF : 0) | (top != next ? fl::OF : 0))};
}

/// SHLD and SHRD for 16 and 32 bits. Counts above the width give an undefined result: left alone.
constexpr Value shld(unsigned width, u64 a, u64 fill, unsigned count, u64 old_flags) {
    const unsigned bits = 8 * width;
    if (count == 0 || count > bits) return {a, Status::known(old_flags & fl::status)};
    const u64 result = ((a << count) | (fill >> (bits - count))) & width_mask(width);
    const bool carry = (a >> (bits - count)) & 1, changed = ((a ^ result) >> (bits - 1)) & 1;
    return {result, Status::known(sign_zero_parity(width, result) | (carry ? fl::CF : 0) |
                                  (changed ? fl::OF : 0))};
}
constexpr Value shrd(unsigned width, u64 a, u64 fill, unsigned count, u64 old_flags) {
    const unsigned bits = 8 * width;
    if (count == 0 || count > bits) return {a, Status::known(old_flags & fl::status)};
    const u64 result = ((a >> count) | (fill << (bits - count))) & width_mask(width);
    const bool carry = (a >> (count - 1)) & 1, changed = ((a ^ result) >> (bits - 1)) & 1;
    return {result, Status::known(sign_zero_parity(width, result) | (carry ? fl::CF : 0) |
                                  (changed ? fl::OF : 0))};
}

static_assert(add(1, 0x7f, 1).status.flags() == (fl::SF | fl::OF | fl::AF));
static_assert(sub(4, 0, 1).status.flags() == (fl::SF | fl::CF | fl::AF | fl::PF));
static_assert(rcl(1, 0x80, 9, fl::CF).value == 0x80);

}  // namespace ringside::cpu::alu
