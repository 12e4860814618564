// The VGA in text mode: registers, cursor, retrace. The characters are plain memory at B8000h.
#pragma once
#include <array>
#include <string>

#include "sim/dev/port_device.hpp"
#include "sim/dev/tick_clock.hpp"
#include "sim/isa/vga.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::dev {

struct TextCell {
    u8 character = 0, attribute = isa::vga::grey_on_black;
    bool operator==(const TextCell&) const = default;
};
struct TextCursor {
    unsigned row = 0, column = 0;
    bool visible = true;
    bool operator==(const TextCursor&) const = default;
};

/// IBM VGA Technical Reference, "Video Subsystem". Its registers keep what is written, as far as
/// text mode goes. Not modelled, and said so: graphics modes, the four planes (fonts).
class Vga {
  public:
    explicit Vga(u64 cpu_hz);

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    Cycle next_event() const { return never; }
    const char* not_modelled() const { return not_modelled_; }

    /// What a monitor would show; `ram` holds the characters.
    TextCell cell(const mem::Ram& ram, unsigned row, unsigned column) const;
    TextCursor cursor() const;
    /// The screen's lines without their trailing blanks; no empty lines at the end.
    std::string text(const mem::Ram& ram) const;
    bool operator==(const Vga&) const = default;

  private:
    static constexpr unsigned dac_bytes = isa::vga::colours * 3;

    u16 crtc_word(u8 high, u8 low) const { return u16(crtc_[high] << 8 | crtc_[low]); }
    u8 status(Cycle now) const;
    void attribute(u8 byte);
    void check_text_mode();

    TickClock dots_;
    std::array<u8, isa::vga::crtc_count> crtc_;
    std::array<u8, isa::vga::sequencer_count> sequencer_;
    std::array<u8, isa::vga::graphics_count> graphics_;
    std::array<u8, isa::vga::attribute_count> attribute_;
    std::array<u8, dac_bytes> dac_{};
    u8 misc_ = isa::vga::mode3_misc, dac_mask_ = 0xff;
    u8 crtc_index_ = 0, sequencer_index_ = 0, graphics_index_ = 0;
    u8 attribute_index_ = isa::vga::attribute_screen_on;
    bool attribute_data_ = false;  // the next write to 3C0h is data
    bool dac_reading_ = false;
    unsigned dac_at_ = 0;  // the byte of dac_ that comes next
    const char* not_modelled_ = nullptr;
};

static_assert(PortDevice<Vga>);

}  // namespace ringside::dev
