// The status flags, kept as the operands of the last operation until somebody asks for them.
//
// Most results' flags are overwritten before anyone reads them. So ADD, SUB, AND, SHL … only note
// what they were about (three stores); the flags word is made from that when it is read. CF alone,
// and the conditions of a comparison, do not need the whole word.
#pragma once
#include "sim/base/bits.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::cpu {

namespace status_detail {
namespace fl = isa::flags;

/// PF: an even number of ones in the low byte. 0x9669 has a 1 for every nibble with an even number.
constexpr u64 parity(u64 value) {
    return u64((0x9669u >> ((value ^ value >> 4) & 15)) & 1) * fl::PF;
}
constexpr u64 sign_zero_parity(unsigned width, u64 value) {
    return ((value >> (8 * width - 1)) & 1 ? fl::SF : 0) | (value == 0 ? fl::ZF : 0) |
           parity(value);
}
}  // namespace status_detail

/// OF SF ZF AF PF CF after an operation of `width` bytes. `a` and `b` are cut to that width.
struct Status {
    enum Kind : u8 {
        Known,  ///< a: the flags themselves. In Registers: the flags word is right
        Add,    ///< a: the sum, b: one summand
        Sub,    ///< a: minuend, b: subtrahend
        Logic,  ///< a: the result
        Inc,    ///< a: the result, b: CF, which stays
        Dec,    ///< likewise
        Shift,  ///< a: the result, b: CF and OF as flags
        Carry,  ///< b: CF; nobody will ask for the others
    };
    u16 tag = Known;  ///< kind, and the width above it: one store
    u64 a = 0, b = 0;

    constexpr Status() = default;
    constexpr Status(Kind k, unsigned bytes, u64 first, u64 second)
        : tag(u16(k | bytes << 8)), a(first), b(second) {}
    static constexpr Status known(u64 flags) { return {Known, 0, flags, 0}; }
    constexpr Kind kind() const { return Kind(tag & 0xff); }
    constexpr unsigned width() const { return tag >> 8; }

    /// The six flags; for every kind but Known.
    constexpr u64 flags() const {
        using namespace status_detail;
        const unsigned bytes = width();
        const u64 mask = width_mask(bytes), top = bit(8 * bytes - 1);
        const auto sum = [&](u64 result, u64 overflow, u64 nibble_carry, bool carry) {
            return sign_zero_parity(bytes, result) | (overflow & top ? fl::OF : 0) |
                   (nibble_carry & 0x10 ? fl::AF : 0) | (carry ? fl::CF : 0);
        };
        switch (kind()) {
            case Known: break;
            case Add: {
                const u64 other = (a - b) & mask;
                return sum(a, (b ^ a) & (other ^ a), b ^ other ^ a, a < b);
            }
            case Sub: {
                const u64 result = (a - b) & mask;
                return sum(result, (a ^ b) & (a ^ result), a ^ b ^ result, a < b);
            }
            case Logic: return sign_zero_parity(bytes, a);
            case Inc: return sum(a, a == top ? top : 0, (a & 15) == 0 ? 0x10 : 0, b);
            case Dec: return sum(a, a == (mask >> 1) ? top : 0, (a & 15) == 15 ? 0x10 : 0, b);
            case Shift: return sign_zero_parity(bytes, a) | b;
            case Carry: return b;
        }
        return a;
    }
    /// CF, for every kind but Known.
    constexpr bool carry() const {
        namespace fl = isa::flags;
        switch (kind()) {
            case Add:
            case Sub: return a < b;
            case Logic: return false;
            default: return b & fl::CF;  // which is bit 0
        }
    }
    bool operator==(const Status&) const = default;
};

/// Which of the status flags that an instruction sets anyone will read.
enum class FlagsRead : u8 { All, Carry, None };

/// A condition by its number, given the flags. SDM 2 "Condition Test Field (tttn)": bit 0 negates.
constexpr bool condition_of_flags(u8 code, u64 f) {
    using namespace status_detail;
    const bool sf = f & fl::SF, of = f & fl::OF, zf = f & fl::ZF, cf = f & fl::CF, pf = f & fl::PF;
    bool holds = false;
    switch (code >> 1) {
        case 0: holds = of; break;
        case 1: holds = cf; break;
        case 2: holds = zf; break;
        case 3: holds = cf || zf; break;
        case 4: holds = sf; break;
        case 5: holds = pf; break;
        case 6: holds = sf != of; break;
        case 7: holds = zf || sf != of; break;
    }
    return holds != bool(code & 1);
}

/// The same without making the flags where the operands say it: comparisons, and zero or not.
/// `flags` is the flags word, looked at for Known only.
[[gnu::always_inline]] constexpr bool condition(u8 code, const Status& s, u64 flags) {
    if (s.kind() == Status::Known) return condition_of_flags(code, flags);
    const bool negate = code & 1;
    const unsigned unused = (64 - 8 * s.width()) & 63;  // Carry has no width, and no value
    const i64 a = i64(s.a << unused), b = i64(s.b << unused);
    if (s.kind() == Status::Sub) {
        switch (code >> 1) {
            case 1: return (s.a < s.b) != negate;
            case 2: return (s.a == s.b) != negate;
            case 3: return (s.a <= s.b) != negate;
            case 4: return (i64(u64(a) - u64(b)) < 0) != negate;
            case 6: return (a < b) != negate;
            case 7: return (a <= b) != negate;
            default: break;
        }
    } else {
        switch (code >> 1) {
            case 1: return s.carry() != negate;
            case 2: return (s.a == 0) != negate;
            case 4: return (a < 0) != negate;
            default: break;
        }
        if (s.kind() == Status::Logic) {  // CF = OF = 0
            switch (code >> 1) {
                case 3: return (s.a == 0) != negate;
                case 6: return (a < 0) != negate;
                case 7: return (a <= 0) != negate;
                default: break;
            }
        }
    }
    return condition_of_flags(code, s.flags());
}

}  // namespace ringside::cpu
