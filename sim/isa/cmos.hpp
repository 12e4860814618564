// The real-time clock and its battery-backed memory. Freestanding.
// Motorola MC146818A data sheet; IBM PC AT Technical Reference, "RT/CMOS RAM".
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::cmos {

inline constexpr u8 index_mask = 0x7f;  ///< bit 7 of the index port masks NMI
inline constexpr unsigned bytes = 128;

inline constexpr u8 seconds = 0, seconds_alarm = 1, minutes = 2, minutes_alarm = 3, hours = 4,
                    hours_alarm = 5, day_of_week = 6, day_of_month = 7, month = 8, year = 9;
inline constexpr u8 register_a = 0xa, register_b = 0xb, register_c = 0xc, register_d = 0xd;
inline constexpr u8 shutdown_status = 0xf;
inline constexpr u8 diskettes = 0x10, fixed_disks = 0x12, equipment = 0x14;
inline constexpr u8 base_memory = 0x15, extended_memory = 0x17;  ///< words, in KiB
inline constexpr u8 checksum = 0x2e, checksum_first = 0x10, checksum_last = 0x2d;
inline constexpr u8 extended_memory_found = 0x30;
inline constexpr u8 century = 0x32;
inline constexpr u8 memory_above_16m = 0x34;  ///< a word, in 64 KiB

namespace a {
inline constexpr u8 update_in_progress = 1u << 7, divider = 0x70, rate = 0x0f;
inline constexpr u8 divider_runs = 0x20;  ///< with a crystal of 32,768 Hz
}  // namespace a
namespace b {
inline constexpr u8 set = 1u << 7, periodic = 1u << 6, alarm = 1u << 5, update = 1u << 4,
                    binary = 1u << 2, hours_24 = 1u << 1;
}
/// Register C: which of the interrupts of register B happened, and their sum.
namespace c {
inline constexpr u8 request = 1u << 7, periodic = 1u << 6, alarm = 1u << 5, update = 1u << 4;
}
inline constexpr u8 d_valid = 1u << 7;    ///< register D: the battery is good
inline constexpr u8 afternoon = 1u << 7;  ///< of hours on the 12-hour clock
inline constexpr u8 any = 0xc0;           ///< an alarm byte with both bits matches every time
inline constexpr u64 crystal_hz = 32768;

inline constexpr u8 equipment_disk = 0xf0;  ///< first fixed disk: type in the extended byte
inline constexpr u16 base_memory_kib = 640;

}  // namespace ringside::isa::cmos
