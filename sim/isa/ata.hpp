// The ATA disk's registers and commands. Freestanding.
// ANSI X3.279 (AT Attachment Interface with Extensions, ATA-2); NCITS 317 (ATA/ATAPI-4).
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::ata {

inline constexpr u16 command_block = 0x1f0, control_block = 0x3f6;  ///< the primary channel
inline constexpr unsigned irq = 14;
inline constexpr unsigned sector_bytes = 512;

/// Offsets in the command block.
namespace reg {
inline constexpr u16 data = 0, error = 1, features = 1, count = 2, lba0 = 3, lba1 = 4, lba2 = 5,
                     device = 6, status = 7, command = 7;
inline constexpr u16 sector = lba0, cylinder_low = lba1, cylinder_high = lba2;
}  // namespace reg

namespace status {
inline constexpr u8 error = 1u << 0, data_request = 1u << 3, seek_complete = 1u << 4,
                    ready = 1u << 6, busy = 1u << 7;
}
namespace error {
inline constexpr u8 aborted = 1u << 2, id_not_found = 1u << 4;
inline constexpr u8 diagnostic_passed = 0x01;
}  // namespace error
namespace device {
inline constexpr u8 head = 0x0f, second = 1u << 4, lba = 1u << 6;
inline constexpr u8 fixed = 0xa0;  ///< bits that read as ones
}  // namespace device
namespace control {
inline constexpr u8 no_interrupt = 1u << 1, reset = 1u << 2;
}

namespace command {
inline constexpr u8 recalibrate = 0x10, recalibrate_last = 0x1f;
inline constexpr u8 read_sectors = 0x20, read_sectors_once = 0x21;
inline constexpr u8 write_sectors = 0x30, write_sectors_once = 0x31;
inline constexpr u8 read_verify = 0x40, read_verify_once = 0x41;
inline constexpr u8 seek = 0x70, seek_last = 0x7f;
inline constexpr u8 diagnostic = 0x90, initialize_parameters = 0x91;
inline constexpr u8 read_multiple = 0xc4, write_multiple = 0xc5, set_multiple = 0xc6;
inline constexpr u8 standby_immediate = 0xe0, idle_immediate = 0xe1, standby = 0xe2, idle = 0xe3,
                    check_power = 0xe5, flush_cache = 0xe7, identify = 0xec, set_features = 0xef;
}  // namespace command

namespace feature {
inline constexpr u8 write_cache_on = 0x02, transfer_mode = 0x03, look_ahead_off = 0x55,
                    keep_settings = 0x66, write_cache_off = 0x82, look_ahead_on = 0xaa,
                    default_settings = 0xcc;
inline constexpr u8 mode_pio_default_last = 0x01, mode_pio = 0x08, mode_pio_last = 0x0c;
}  // namespace feature

inline constexpr u8 active_or_idle = 0xff;  ///< CHECK POWER MODE
inline constexpr unsigned most_multiple = 16;

/// Words of IDENTIFY DEVICE, and what they hold.
namespace identify {
inline constexpr unsigned words = 256;
inline constexpr unsigned configuration = 0, cylinders = 1, heads = 3, sectors = 6, serial = 10,
                          firmware = 23, model = 27, multiple = 47, capabilities = 49,
                          pio_timing = 51, validity = 53, current_cylinders = 54,
                          current_heads = 55, current_sectors = 56, current_capacity = 57,
                          current_multiple = 59, lba_sectors = 60, pio_modes = 64, pio_cycle = 67,
                          pio_cycle_flow = 68, major_version = 80, supported_1 = 82,
                          supported_2 = 83, supported_3 = 84, enabled_1 = 85, enabled_2 = 86,
                          enabled_3 = 87;
inline constexpr unsigned serial_chars = 20, firmware_chars = 8, model_chars = 40;
inline constexpr u16 fixed_drive = 0x0040, multiple_valid = 0x8000, lba_capable = 0x0200,
                     pio_2 = 0x0200, current_valid = 0x0003, multiple_set = 0x0100,
                     pio_3_and_4 = 0x0003, pio_4_nanoseconds = 120, ata_2_to_4 = 0x001c,
                     power_management = 0x0008, cannot_be_zero = 0x4000, flush_command = 0x1000;
}  // namespace identify

inline constexpr u32 standard_heads = 16, standard_sectors = 63, most_cylinders = 16383;
inline constexpr u32 most_lba28 = 1u << 28;

}  // namespace ringside::isa::ata
