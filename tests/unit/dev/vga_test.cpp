// The VGA in text mode.
#include <doctest/doctest.h>

#include <string_view>

#include "sim/dev/vga.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace v = ringside::isa::vga;

namespace {
constexpr u64 hz = 100'000'000;
void crtc(Vga& vga, u8 index, u8 value) {
    vga.out(v::port::crtc_index, index, 0);
    vga.out(v::port::crtc, value, 0);
}
void write(mem::Ram& ram, unsigned row, unsigned column, std::string_view text) {
    u32 at = v::text_base + (row * v::columns + column) * 2;
    for (const char c : text) {
        ram.write({at}, 2, u64(u8(c)) | v::grey_on_black << 8);
        at += 2;
    }
}
}  // namespace

TEST_CASE("the screen's text is what lies at B8000h") {
    Vga vga(hz);
    mem::Ram ram(1u << 20);
    CHECK(vga.text(ram).empty());
    write(ram, 0, 0, "ring 0");
    write(ram, 2, 76, "end!");
    CHECK(vga.text(ram) == "ring 0\n\n" + std::string(76, ' ') + "end!\n");
    CHECK(vga.cell(ram, 0, 1) == TextCell{'i', v::grey_on_black});
    // The CRTC may start elsewhere: scrolled by a line.
    crtc(vga, v::crtc::start_low, v::columns);
    CHECK(vga.cell(ram, 1, 76).character == 'e');
}

TEST_CASE("the cursor is where the CRTC says") {
    Vga vga(hz);
    crtc(vga, v::crtc::cursor_high, 0x01);
    crtc(vga, v::crtc::cursor_low, 0x45);
    CHECK(vga.in(v::port::crtc, 0) == 0x45);
    CHECK(vga.cursor() == TextCursor{325 / 80, 325 % 80, true});
    crtc(vga, v::crtc::cursor_start, v::crtc::cursor_off);
    CHECK(!vga.cursor().visible);
}

TEST_CASE("CRTC registers 0 to 7 are protected until bit 7 of register 11h is cleared") {
    Vga vga(hz);
    const u8 before = vga.peek(v::port::crtc, 0);
    crtc(vga, 0, u8(before + 1));
    CHECK(vga.peek(v::port::crtc, 0) == before);
    crtc(vga, v::crtc::retrace_end, 0x0e);
    crtc(vga, 0, u8(before + 1));
    CHECK(vga.peek(v::port::crtc, 0) == before + 1);
}

TEST_CASE("the attribute port takes index and data in turn; reading the status begins anew") {
    Vga vga(hz);
    vga.in(v::port::status, 0);
    vga.out(v::port::attribute, 0x07, 0);
    vga.out(v::port::attribute, 0x3f, 0);
    vga.out(v::port::attribute, 0x01, 0);
    vga.in(v::port::status, 0);
    vga.out(v::port::attribute, 0x07 | v::attribute_screen_on, 0);
    CHECK(vga.in(v::port::attribute_read, 0) == 0x3f);
}

TEST_CASE("the palette takes three bytes a colour") {
    Vga vga(hz);
    vga.out(v::port::dac_write_index, 5, 0);
    for (const u8 byte : {0x3f, 0xff, 0x01}) vga.out(v::port::dac_data, byte, 0);
    vga.out(v::port::dac_read_index, 5, 0);
    CHECK(vga.in(v::port::dac_data, 0) == 0x3f);
    CHECK(vga.in(v::port::dac_data, 0) == 0x3f);  // six bits
    CHECK(vga.in(v::port::dac_data, 0) == 0x01);
    vga.out(v::port::dac_read_index, 7, 0);
    CHECK(vga.in(v::port::dac_data, 0) == 0x2a);  // colour 7 is light grey
}

TEST_CASE("retrace comes seventy times a second") {
    Vga vga(hz);
    unsigned retraces = 0;
    bool before = false;
    for (Cycle now = 0; now < hz; now += 1000) {
        const bool retrace = vga.in(v::port::status, now) & v::status_retrace;
        if (retrace && !before) ++retraces;
        if (retrace) CHECK((vga.in(v::port::status, now) & v::status_not_display) != 0);
        before = retrace;
    }
    CHECK(retraces == 70);
}

TEST_CASE("graphics and fonts are named as what is not modelled") {
    struct Row {
        u16 index_port;
        u8 index, value;
    };
    for (const Row& row : {Row{v::port::graphics_index, v::graphics_misc, 0x05},
                           Row{v::port::sequencer_index, v::sequencer_memory_mode, 0x06}}) {
        Vga vga(hz);
        vga.out(row.index_port, row.index, 0);
        CHECK(!vga.not_modelled());
        vga.out(u16(row.index_port + 1), row.value, 0);
        CHECK(vga.not_modelled() != nullptr);
    }
}
