// The PC's ports and the bits of its devices' registers. Freestanding: programs inside use it too.
// Data sheets: Intel 8259A, Intel 8254, National Semiconductor PC16550D.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::pc {

namespace port {
inline constexpr u16 pic1_command = 0x20, pic1_data = 0x21;
inline constexpr u16 pic2_command = 0xa0, pic2_data = 0xa1;
inline constexpr u16 pit_counter0 = 0x40, pit_counter2 = 0x42, pit_control = 0x43;
inline constexpr u16 keyboard_data = 0x60, keyboard_command = 0x64;
inline constexpr u16 port_b = 0x61;  ///< gate of PIT counter 2, speaker
inline constexpr u16 post_code = 0x80;
inline constexpr u16 cmos_index = 0x70, cmos_data = 0x71;
inline constexpr u16 system_control_a = 0x92;
inline constexpr u16 debug_console = 0xe9;
inline constexpr u16 debug_exit = 0xf4;
inline constexpr u16 com1 = 0x3f8, com2 = 0x2f8;
}  // namespace port

namespace irq {
inline constexpr unsigned timer = 0, keyboard = 1, cascade = 2, com2 = 3, com1 = 4, clock = 8,
                          network = 9, aux = 12, disk = 14;
inline constexpr unsigned lines = 16;
}  // namespace irq

/// The physical addresses of a PC.
namespace memory {
inline constexpr u64 hole = 0xa0000, rom = 0xc0000, high = 0x100000;  ///< video, ROMs, RAM again
inline constexpr u64 rom_end = u64{1} << 32, most_rom = 16u << 20;
inline constexpr u64 most_low_rom = high - 0xe0000;  ///< what of it is seen below 1 MiB too
}  // namespace memory

/// 8259A interrupt controller: initialization (ICW) and operation (OCW) command words.
namespace pic {
inline constexpr u8 icw1 = 1u << 4;  ///< D4 of a command: this is ICW1
inline constexpr u8 icw1_icw4 = 1u << 0, icw1_single = 1u << 1, icw1_level = 1u << 3;
inline constexpr u8 icw2_base = 0xf8;
inline constexpr u8 icw4_8086 = 1u << 0, icw4_auto_eoi = 1u << 1, icw4_nested = 1u << 4;
inline constexpr u8 ocw3 = 1u << 3;  ///< D3 of a command without D4: this is OCW3, else OCW2
inline constexpr u8 ocw2_level = 0x07, ocw2_specific = 1u << 6, ocw2_eoi = 1u << 5,
                    ocw2_rotate = 1u << 7;
inline constexpr u8 ocw3_isr = 1u << 0, ocw3_read = 1u << 1, ocw3_poll = 1u << 2;
inline constexpr u8 ocw3_special = 1u << 5, ocw3_special_valid = 1u << 6;
inline constexpr u8 end_of_interrupt = ocw2_eoi;  ///< the non-specific EOI
inline constexpr u8 poll_request = 1u << 7;       ///< the answer to a poll: there is a request
}  // namespace pic

/// 8254 interval timer.
namespace pit {
inline constexpr u64 hz = 1193182;
inline constexpr u8 bcd = 1u << 0;
inline constexpr unsigned mode_shift = 1, access_shift = 4, counter_shift = 6;
inline constexpr u8 access_latch = 0, access_low = 1, access_high = 2, access_word = 3;
inline constexpr u8 read_back = 3;                                      ///< as the counter number
inline constexpr u8 keep_count = 1u << 5, keep_status = 1u << 4;        ///< read-back: do not latch
inline constexpr u8 status_out = 1u << 7, status_null_count = 1u << 6;  ///< status byte
inline constexpr u8 gate2 = 1u << 0, speaker = 1u << 1, out2 = 1u << 5;  ///< port B
}  // namespace pit

/// 16550 serial port: register offsets and bits.
namespace uart {
inline constexpr u16 data = 0, ier = 1, iir = 2, fcr = 2, lcr = 3, mcr = 4, lsr = 5, msr = 6,
                     scratch = 7;
inline constexpr u16 divisor_low = 0, divisor_high = 1;  ///< while lcr_dlab
inline constexpr u8 ier_received = 1u << 0, ier_empty = 1u << 1, ier_line = 1u << 2,
                    ier_modem = 1u << 3;
inline constexpr u8 iir_none = 1, iir_modem = 0, iir_empty = 2, iir_received = 4, iir_line = 6,
                    iir_timeout = 0xc;
inline constexpr u8 iir_fifos = 0xc0;
inline constexpr u8 fcr_enable = 1u << 0, fcr_clear_receive = 1u << 1, fcr_clear_send = 1u << 2;
inline constexpr unsigned fcr_trigger_shift = 6;
inline constexpr u8 lcr_8_bits = 3, lcr_dlab = 1u << 7;
inline constexpr u8 mcr_dtr = 1u << 0, mcr_rts = 1u << 1, mcr_out1 = 1u << 2, mcr_out2 = 1u << 3,
                    mcr_loop = 1u << 4;
inline constexpr u8 lsr_ready = 1u << 0, lsr_overrun = 1u << 1, lsr_empty = 1u << 5,
                    lsr_idle = 1u << 6;
inline constexpr u8 msr_cts = 1u << 4, msr_dsr = 1u << 5, msr_ri = 1u << 6, msr_dcd = 1u << 7;
}  // namespace uart

inline constexpr u8 system_control_reset = 1u << 0;  ///< port 92h: a rising edge resets the CPU
inline constexpr u8 system_control_a20 = 1u << 1;
inline constexpr u8 keyboard_pulse_reset = 0xfe;  ///< 8042 command: pulse the reset line

}  // namespace ringside::isa::pc
