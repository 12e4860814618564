// What a VMM beside a host has in the place of a machine: the board and the serial line of
// vmms/common, done by asking. The interrupt controller is here, because it is asked before every
// instruction that could be interrupted; the devices are the device process'.
#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/surroundings.hpp"
#include "scenarios/vmms/hosted-binary-translation/ask.hpp"

namespace ringside::vmm {

using world::Ask;
using namespace isa::pc;

void ask(Ask what) {
    world::CrossPage& page = cross_page();
    page.ask = what;
    const u32 asked = u32(what);
    PROBE("vmm.ask", asked);
    PROBE("trip.world_switch");
    world::leave_guests_world(page.vmm, page.host);
    PROBE("trip.vmm");
    PROBE("vmm.answered", asked);
}

// ---- the board: virtual_board.hpp

namespace {

void ask_and_take_lines(VirtualPic& pic, Ask what) {
    ask(what);
    u32& raised = cross_page().raised;
    for (unsigned line = 0; line < irq::lines; ++line)
        if (raised & (1u << line)) pic.raise(line);
    raised = 0;
}

/// Ports that need no device, and no host.
bool is_own(u16 port) {
    return port == port::pic1_command || port == port::pic1_data || port == port::pic2_command ||
           port == port::pic2_data || port == port::post_code;
}
/// An access wider than a byte goes to neighbouring byte-wide registers.
bool touches_own(u16 port, unsigned width) {
    for (unsigned i = 0; i < width; ++i)
        if (is_own(u16(port + i))) return true;
    return false;
}
u8 own_in(VirtualBoard& board, u16 port) {
    return port == port::post_code ? board.post_code : board.pic.in(port);
}
void own_out(VirtualBoard& board, u16 port, u8 byte) {
    if (port == port::post_code)
        board.post_code = byte;
    else
        board.pic.out(port, byte);
}

u32 access(VirtualPic& pic, u16 port, u32 value, unsigned width, bool is_in) {
    world::CrossPage& page = cross_page();
    page.port = port;
    page.value = value;
    page.width = u8(width);
    page.is_in = is_in;
    ask_and_take_lines(pic, Ask::port);
    return page.value;
}

}  // namespace

u32 VirtualBoard::in(u16 port, unsigned width) {
    if (!touches_own(port, width)) return access(pic, port, 0, width, true);
    u32 value = 0;
    for (unsigned i = 0; i < width; ++i) {
        const u16 at = u16(port + i);
        value |= u32(is_own(at) ? own_in(*this, at) : u8(access(pic, at, 0, 1, true))) << (8 * i);
    }
    return value;
}

void VirtualBoard::out(u16 port, u32 value, unsigned width) {
    if (!touches_own(port, width)) {
        access(pic, port, value, width, false);
        return;
    }
    for (unsigned i = 0; i < width; ++i) {
        const u16 at = u16(port + i);
        const u8 byte = u8(value >> (8 * i));
        if (is_own(at))
            own_out(*this, at, byte);
        else
            access(pic, at, byte, 1, false);
    }
}

bool VirtualBoard::can_wake() const {
    for (unsigned line = 0; line < irq::lines; ++line)
        if (pic.open(line)) return true;
    return false;
}

// ---- surroundings.hpp

/// It is the host's: its handler runs before this returns.
void on_real_interrupt(Guest& guest, const TrapFrame& frame) {
    const u32 line = frame.vector - hardware_interrupt_base;
    cross_page().line = line;
    ask_and_take_lines(guest.board.pic, Ask::interrupt);
    if (line == irq::timer && frame.from_guest()) heed_watchdog(guest, frame);
}

/// The host's clock ticks.
void wake_by(u64) {}

void wait_for_interrupt(Guest& guest) {
    VirtualPic& pic = guest.board.pic;
    u32& lines = cross_page().wake_lines;
    lines = 0;
    for (unsigned line = 0; line < irq::lines; ++line)
        if (pic.open(line)) lines |= 1u << line;
    cross_page().wake_at = guest.apic.timer_runs() ? guest.apic.timer_due() : ~0ull;
    ask_and_take_lines(pic, Ask::wait);
}

/// The device process has such a port, and ends the guest.
void exit_guest(Guest& guest, u32 value) { guest.board.out(port::debug_exit, value, 4); }

// ---- the serial line: serial.hpp. The host says it in the VMM's name.

void print(char c, u16) {
    world::CrossPage& page = cross_page();
    if (page.message_bytes < page.longest_message) page.message[page.message_bytes++] = c;
}
void print(const char* text, u16 line) {
    for (; *text; ++text) print(*text, line);
}
void print(Hex number, u16 line) {
    for (int shift = 28; shift >= 0; shift -= 4)
        print("0123456789abcdef"[(number.value >> shift) & 0xf], line);
}
void print(u32 number, u16 line) {
    if (number >= 10) print(number / 10, line);
    print(char('0' + number % 10), line);
}
void claim_line(u16) { cross_page().message_bytes = 0; }

void end_run(u8) {
    for (;;) ask(Ask::stopped);  // the host does not come back
}

}  // namespace ringside::vmm
