// DR6 and DR7. SDM 3B "Debug Registers". Freestanding.
//
//   DR7: | 31:30 LEN3 | 29:28 R/W3 | … | 19:18 LEN0 | 17:16 R/W0 | 13 GD | 9 GE | 8 LE | G3 L3 … G0
//   L0 |
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa::debug {

inline constexpr unsigned breakpoints = 4;

/// DR6: what a debug exception was for.
inline constexpr u64 B = 0xf;  ///< B0–B3: a breakpoint's condition was met
inline constexpr u64 BD = bit(13), BS = bit(14), BT = bit(15);
inline constexpr u64 dr6_fixed = 0xffff0ff0, dr6_writable = B | BD | BS | BT;

inline constexpr u64 enables = 0xff;         ///< L0, G0 … L3, G3
inline constexpr u64 local_enables = 0x155;  ///< L0–L3 and LE: a task switch clears them
inline constexpr u64 GD = bit(13);
inline constexpr u64 dr7_fixed = bit(10), dr7_writable = 0xffff23ff;

/// R/W0–R/W3: what a breakpoint waits for. `InputOutput` needs CR4.DE.
enum class Condition : u8 { Execute = 0, Write = 1, InputOutput = 2, ReadOrWrite = 3 };

constexpr bool enabled(u64 dr7, unsigned n) { return field(dr7, 2 * n + 1, 2 * n) != 0; }
constexpr Condition condition(u64 dr7, unsigned n) {
    return Condition(field(dr7, 17 + 4 * n, 16 + 4 * n));
}
/// LEN0–LEN3 in bytes: 1, 2, 8, 4.
constexpr u64 length(u64 dr7, unsigned n) {
    constexpr u8 bytes[] = {1, 2, 8, 4};
    return bytes[field(dr7, 19 + 4 * n, 18 + 4 * n)];
}

}  // namespace ringside::isa::debug
