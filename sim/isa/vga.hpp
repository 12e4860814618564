// The VGA's registers, as far as text mode has to do with them. Freestanding.
// IBM VGA Technical Reference (PS/2 Hardware Interface), "Video Subsystem".
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::vga {

namespace port {
inline constexpr u16 first = 0x3c0, attribute = 0x3c0, attribute_read = 0x3c1, misc_write = 0x3c2,
                     sequencer_index = 0x3c4, sequencer = 0x3c5, dac_mask = 0x3c6,
                     dac_read_index = 0x3c7, dac_write_index = 0x3c8, dac_data = 0x3c9,
                     feature_read = 0x3ca, misc_read = 0x3cc, graphics_index = 0x3ce,
                     graphics = 0x3cf, last = 0x3cf;
inline constexpr u16 crtc_index = 0x3d4, crtc = 0x3d5, status = 0x3da;
}  // namespace port

inline constexpr unsigned crtc_count = 25, sequencer_count = 5, graphics_count = 9,
                          attribute_count = 21, colours = 256;

namespace crtc {
inline constexpr u8 cursor_start = 0x0a, cursor_end = 0x0b, start_high = 0x0c, start_low = 0x0d,
                    cursor_high = 0x0e, cursor_low = 0x0f, retrace_end = 0x11;
inline constexpr u8 cursor_off = 1u << 5;  ///< of cursor_start
inline constexpr u8 protect = 1u << 7;     ///< of retrace_end: registers 0–7 are read-only
inline constexpr u8 protected_last = 0x07;
}  // namespace crtc

inline constexpr u8 sequencer_memory_mode = 4, memory_not_odd_even = 1u << 2;
inline constexpr u8 graphics_misc = 6, graphics_mode_bit = 1u << 0;
inline constexpr u8 attribute_mode = 0x10, attribute_graphics = 1u << 0;
inline constexpr u8 attribute_index_mask = 0x1f, attribute_screen_on = 1u << 5;

inline constexpr u8 status_not_display = 1u << 0, status_retrace = 1u << 3;

/// The timing of text mode 3: dots of a line and lines of a frame, of 28.322 MHz.
inline constexpr u64 dot_hz = 28'322'000, line_dots = 900, shown_dots = 720, frame_lines = 449,
                     shown_lines = 400, retrace_first = 412, retrace_last = 413;

inline constexpr u32 text_base = 0xb8000, text_bytes = 0x8000;
inline constexpr unsigned columns = 80, rows = 25;
inline constexpr u8 grey_on_black = 0x07;

/// Mode 3, 80 x 25 characters of 9 x 16 dots, as the video BIOS sets it.
inline constexpr u8 mode3_misc = 0x67;
inline constexpr u8 mode3_sequencer[sequencer_count] = {0x03, 0x00, 0x03, 0x00, 0x02};
inline constexpr u8 mode3_crtc[crtc_count] = {0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0x00,
                                              0x4f, 0x0d, 0x0e, 0x00, 0x00, 0x00, 0x00, 0x9c, 0x8e,
                                              0x8f, 0x28, 0x1f, 0x96, 0xb9, 0xa3, 0xff};
inline constexpr u8 mode3_graphics[graphics_count] = {0x00, 0x00, 0x00, 0x00, 0x00,
                                                      0x10, 0x0e, 0x00, 0xff};
inline constexpr u8 mode3_attribute[attribute_count] = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x14,
                                                        0x07, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d,
                                                        0x3e, 0x3f, 0x0c, 0x00, 0x0f, 0x08, 0x00};

}  // namespace ringside::isa::vga
