// The VGA in text mode.
#include "sim/dev/vga.hpp"

#include <algorithm>

namespace ringside::dev {

using namespace isa::vga;

namespace {
constexpr u8 open_bus = 0xff;
constexpr u8 dac_bits = 0x3f;

template <size_t n>
constexpr std::array<u8, n> copy(const u8 (&values)[n]) {
    std::array<u8, n> out{};
    std::copy_n(values, n, out.begin());
    return out;
}

/// The register of a file, or what an index without a register reads as.
template <size_t n>
u8 at(const std::array<u8, n>& file, u8 index) {
    return index < n ? file[index] : 0;
}
template <size_t n>
void put(std::array<u8, n>& file, u8 index, u8 byte) {
    if (index < n) file[index] = byte;
}
}  // namespace

Vga::Vga(u64 cpu_hz)
    : dots_(cpu_hz, dot_hz),
      crtc_(copy(mode3_crtc)),
      sequencer_(copy(mode3_sequencer)),
      graphics_(copy(mode3_graphics)),
      attribute_(copy(mode3_attribute)) {
    // The 64 colours of the EGA: bits rgbRGB, a third and two thirds of full brightness.
    constexpr unsigned ega_colours = 64, third = 0x15, two_thirds = 0x2a;
    for (unsigned n = 0; n < ega_colours; ++n)
        for (unsigned part = 0; part < 3; ++part)
            dac_[n * 3 + part] =
                u8(((n >> (2 - part)) & 1) * two_thirds + ((n >> (5 - part)) & 1) * third);
}

/// "Input Status Register 1": where the beam is.
u8 Vga::status(Cycle now) const {
    const u64 dot = dots_.tick(now) % (line_dots * frame_lines);
    const u64 line = dot / line_dots;
    const bool shown = line < shown_lines && dot % line_dots < shown_dots;
    const bool retrace = line >= retrace_first && line <= retrace_last;
    return u8((shown ? 0 : status_not_display) | (retrace ? status_retrace : 0));
}

u8 Vga::peek(u16 port, Cycle now) const {
    switch (port) {
        case port::attribute: return attribute_index_;
        case port::attribute_read: return at(attribute_, attribute_index_ & attribute_index_mask);
        case port::misc_write: return 0;  // input status 0: no interrupt, no switch sensed
        case port::sequencer_index: return sequencer_index_;
        case port::sequencer: return at(sequencer_, sequencer_index_);
        case port::dac_mask: return dac_mask_;
        case port::dac_read_index: return dac_reading_ ? 3 : 0;
        case port::dac_write_index: return u8(dac_at_ / 3);
        case port::dac_data: return dac_[dac_at_];
        case port::feature_read: return 0;
        case port::misc_read: return misc_;
        case port::graphics_index: return graphics_index_;
        case port::graphics: return at(graphics_, graphics_index_);
        case port::crtc_index: return crtc_index_;
        case port::crtc: return at(crtc_, crtc_index_);
        case port::status: return status(now);
        default: return open_bus;
    }
}

u8 Vga::in(u16 port, Cycle now) {
    const u8 value = peek(port, now);
    if (port == port::status) attribute_data_ = false;
    if (port == port::dac_data) dac_at_ = (dac_at_ + 1) % dac_bytes;
    return value;
}

void Vga::out(u16 port, u8 byte, Cycle) {
    switch (port) {
        case port::attribute: attribute(byte); break;
        case port::misc_write: misc_ = byte; break;
        case port::sequencer_index: sequencer_index_ = byte; break;
        case port::sequencer: put(sequencer_, sequencer_index_, byte); break;
        case port::dac_mask: dac_mask_ = byte; break;
        case port::dac_read_index:
        case port::dac_write_index:
            dac_at_ = byte * 3u;
            dac_reading_ = port == port::dac_read_index;
            break;
        case port::dac_data:
            dac_[dac_at_] = byte & dac_bits;
            dac_at_ = (dac_at_ + 1) % dac_bytes;
            break;
        case port::graphics_index: graphics_index_ = byte; break;
        case port::graphics: put(graphics_, graphics_index_, byte); break;
        case port::crtc_index: crtc_index_ = byte; break;
        case port::crtc:
            if (crtc_index_ > crtc::protected_last || !(crtc_[crtc::retrace_end] & crtc::protect))
                put(crtc_, crtc_index_, byte);
            break;
        default: break;  // read-only ports
    }
    check_text_mode();
}

/// One port for index and data in turn; reading the status starts with the index.
void Vga::attribute(u8 byte) {
    if (attribute_data_)
        put(attribute_, attribute_index_ & attribute_index_mask, byte);
    else
        attribute_index_ = byte;
    attribute_data_ = !attribute_data_;
}

void Vga::check_text_mode() {
    if ((graphics_[graphics_misc] & graphics_mode_bit) ||
        (attribute_[attribute_mode] & attribute_graphics))
        not_modelled_ = "a graphics mode of the VGA";
    else if (sequencer_[sequencer_memory_mode] & memory_not_odd_even)
        not_modelled_ = "the planes of the VGA (fonts)";
}

TextCell Vga::cell(const mem::Ram& ram, unsigned row, unsigned column) const {
    const u32 at = crtc_word(crtc::start_high, crtc::start_low) + row * columns + column;
    const u64 word = ram.read({text_base + at * 2 % text_bytes}, 2);
    return {u8(word), u8(word >> 8)};
}

TextCursor Vga::cursor() const {
    const unsigned at = u16(crtc_word(crtc::cursor_high, crtc::cursor_low) -
                            crtc_word(crtc::start_high, crtc::start_low));
    const bool on = !(crtc_[crtc::cursor_start] & crtc::cursor_off);
    return {at / columns, at % columns, on && at < rows * columns};
}

std::string Vga::text(const mem::Ram& ram) const {
    std::string all;
    for (unsigned row = 0; row < rows; ++row) {
        std::string line;
        for (unsigned column = 0; column < columns; ++column) {
            const u8 character = cell(ram, row, column).character;
            const bool printable = character >= ' ' && character <= '~';
            line.push_back(printable ? char(character) : character == 0 ? ' ' : '?');
        }
        line.resize(line.find_last_not_of(' ') + 1);
        all += line + '\n';
    }
    while (all.ends_with("\n\n")) all.pop_back();
    return all == "\n" ? "" : all;
}

}  // namespace ringside::dev
