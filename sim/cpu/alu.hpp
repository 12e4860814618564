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

/// Shifts and rotates. `count` is already masked to 5 bits (6 for 64-bit operands). Count 0 changes
/// no flag. SDM 2B "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR": OF is defined for a count of 1 only, AF
/// never. Intel's processors clear AF and set OF by the operand alone, as a shift by 1 would.
constexpr u64 carry_and_overflow(bool carry, bool overflow) {
    return (carry ? fl::CF : 0) | (overflow ? fl::OF : 0);
}
constexpr Value shifted(unsigned width, u64 result, bool carry, bool overflow) {
    return {result, {Status::Shift, width, result, carry_and_overflow(carry, overflow)}};
}
/// Does the sign change when the operand moves left by one?
constexpr bool top_bits_differ(unsigned bits, u64 a) { return (a ^ a << 1) >> (bits - 1) & 1; }

constexpr Value shl(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width;
    const u64 result = count >= bits ? 0 : (a << count) & width_mask(width);
    const bool carry = count <= bits && ((a >> (bits - count)) & 1);
    return shifted(width, result, carry, top_bits_differ(bits, a));
}
constexpr Value shr(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width;
    const u64 result = count >= bits ? 0 : a >> count;
    const bool carry = count <= bits && ((a >> (count - 1)) & 1);
    return shifted(width, result, carry, (a >> (bits - 1)) & 1);
}
constexpr Value sar(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const i64 wide = i64(sign_extend(a, width));
    const unsigned last = count > 63 ? 63 : count;
    const u64 result = u64(wide >> last) & width_mask(width);
    const bool carry = (wide >> (last - 1)) & 1;
    return shifted(width, result, carry, false);
}

/// Rotates change CF and OF only; those through CF by a multiple of their length change nothing.
constexpr Value rotated(u64 result, bool carry, bool overflow, u64 old_flags) {
    return {result, Status::known((old_flags & (fl::status & ~(fl::CF | fl::OF))) |
                                  carry_and_overflow(carry, overflow))};
}
constexpr Value rol(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width, by = count % bits;
    const u64 result = by ? ((a << by) | (a >> (bits - by))) & width_mask(width) : a;
    return rotated(result, result & 1, top_bits_differ(bits, a), old_flags);
}
constexpr Value ror(unsigned width, u64 a, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width, by = count % bits;
    const u64 result = by ? ((a >> by) | (a << (bits - by))) & width_mask(width) : a;
    return rotated(result, (result >> (bits - 1)) & 1, (a ^ a >> (bits - 1)) & 1, old_flags);
}
constexpr Value rcl(unsigned width, u64 a, unsigned count, u64 old_flags) {
    const unsigned bits = 8 * width;
    const unsigned by = count % (bits + 1);
    if (by == 0) return {a, Status::known(old_flags & fl::status)};
    u64 value = a;
    bool carry = old_flags & fl::CF;
    for (unsigned i = 0; i < by; ++i) {
        const bool out = (value >> (bits - 1)) & 1;
        value = ((value << 1) | (carry ? 1 : 0)) & width_mask(width);
        carry = out;
    }
    return rotated(value, carry, top_bits_differ(bits, a), old_flags);
}
constexpr Value rcr(unsigned width, u64 a, unsigned count, u64 old_flags) {
    const unsigned bits = 8 * width;
    const unsigned by = count % (bits + 1);
    if (by == 0) return {a, Status::known(old_flags & fl::status)};
    u64 value = a;
    bool carry = old_flags & fl::CF;
    for (unsigned i = 0; i < by; ++i) {
        const bool out = value & 1;
        value = (value >> 1) | (carry ? bit(bits - 1) : 0);
        carry = out;
    }
    const bool overflow = ((a >> (bits - 1)) & 1) != bool(old_flags & fl::CF);
    return rotated(value, carry, overflow, old_flags);
}

/// SHLD and SHRD. SDM 2B "SHLD", "SHRD": OF is defined for a count of 1, a 16-bit operand with a
/// larger count not at all. Intel's processors shift the operand, the other one and the operand
/// again, end to end, and set OF as the first step would.
constexpr Value shld(unsigned width, u64 a, u64 fill, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width;
    const bool beyond = count > bits;  // 16-bit operands only
    const unsigned by = beyond ? count - bits : count;
    const u64 high = beyond ? fill : a, low = beyond ? a : fill;
    const u64 result = ((high << by) | low >> (bits - by)) & width_mask(width);
    const bool carry = (high >> (bits - by)) & 1;
    return shifted(width, result, carry, top_bits_differ(bits, a));
}
constexpr Value shrd(unsigned width, u64 a, u64 fill, unsigned count, u64 old_flags) {
    if (count == 0) return {a, Status::known(old_flags & fl::status)};
    const unsigned bits = 8 * width;
    const bool beyond = count > bits;
    const unsigned by = beyond ? count - bits : count;
    const u64 low = beyond ? fill : a, high = beyond ? a : fill;
    const u64 result = ((low >> by) | high << (bits - by)) & width_mask(width);
    const bool carry = (low >> (by - 1)) & 1;
    return shifted(width, result, carry, ((a >> (bits - 1)) ^ fill) & 1);
}

static_assert(add(1, 0x7f, 1).status.flags() == (fl::SF | fl::OF | fl::AF));
static_assert(sub(4, 0, 1).status.flags() == (fl::SF | fl::CF | fl::AF | fl::PF));
static_assert(rcl(1, 0x80, 9, fl::CF).value == 0x80);

}  // namespace ringside::cpu::alu
