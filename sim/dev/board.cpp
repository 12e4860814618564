// The board: ports and interrupt wires.
#include "sim/dev/board.hpp"

#include <algorithm>

#include "sim/base/bits.hpp"

namespace ringside::dev {

using namespace isa::pc;

namespace {
constexpr u8 open_bus = 0xff;

/// How the board reaches a byte device, without knowing which member it is.
struct ByteAccess {
    u8 (*in)(Board&, u16, Cycle);
    void (*out)(Board&, u16, u8, Cycle);
    u8 (*peek)(const Board&, u16, Cycle);
};
}  // namespace

struct Board::Route {
    u16 first, last;
    ByteAccess access;
};

const Board::Route* Board::route(u16 port) {
    constexpr auto to = []<auto member>() {
        return ByteAccess{
            [](Board& b, u16 p, Cycle now) { return (b.*member).in(p, now); },
            [](Board& b, u16 p, u8 byte, Cycle now) { (b.*member).out(p, byte, now); },
            [](const Board& b, u16 p, Cycle now) { return (b.*member).peek(p, now); },
        };
    };
    static constexpr Route routes[] = {
        {port::pic1_command, port::pic1_data, to.operator()<&Board::pic_>()},
        {port::pic2_command, port::pic2_data, to.operator()<&Board::pic_>()},
        {port::pit_counter0, port::pit_control, to.operator()<&Board::pit_>()},
        {port::port_b, port::port_b, to.operator()<&Board::pit_>()},
        {port::keyboard_data, port::keyboard_data, to.operator()<&Board::reset_>()},
        {port::keyboard_command, port::keyboard_command, to.operator()<&Board::reset_>()},
        {port::system_control_a, port::system_control_a, to.operator()<&Board::reset_>()},
        {port::post_code, port::post_code, to.operator()<&Board::post_>()},
        {port::debug_console, port::debug_console, to.operator()<&Board::console_>()},
        {port::com1, port::com1 + uart::scratch, to.operator()<&Board::uart_>()},
    };
    const auto found = std::ranges::find_if(
        routes, [port](const Route& r) { return port >= r.first && port <= r.last; });
    return found == std::end(routes) ? nullptr : found;
}

Board::Board(u64 cpu_hz) : pit_(cpu_hz), uart_(port::com1) { drive_interrupt_lines(); }

bool Board::decodes(u16 port) { return port == port::debug_exit || route(port); }

void Board::drive_interrupt_lines() {
    pic_.set_line(irq::timer, pit_.output0());
    pic_.set_line(irq::com1, uart_.interrupt());
}

void Board::advance(Cycle now) {
    if (pit_.advance(now)) {
        // However many edges went by, the last one decides what the PIC remembers.
        pic_.set_line(irq::timer, !pit_.output0());
        pic_.set_line(irq::timer, pit_.output0());
    }
    uart_.advance(now);
    drive_interrupt_lines();
}

u32 Board::in(u16 port, unsigned bytes, Cycle now) {
    advance(now);
    u32 value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
        const Route* r = route(u16(port + i));
        value |= u32(r ? r->access.in(*this, u16(port + i), now) : open_bus) << (8 * i);
    }
    drive_interrupt_lines();
    return value;
}

void Board::out(u16 port, unsigned bytes, u32 value, Cycle now) {
    advance(now);
    if (port == port::debug_exit) return debug_exit_.out(value & u32(width_mask(bytes)));
    for (unsigned i = 0; i < bytes; ++i)
        if (const Route* r = route(u16(port + i)))
            r->access.out(*this, u16(port + i), u8(value >> (8 * i)), now);
    drive_interrupt_lines();
}

u32 Board::peek(u16 port, unsigned bytes, Cycle now) const {
    Board reached = *this;
    reached.advance(now);
    u32 value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
        const Route* r = route(u16(port + i));
        value |= u32(r ? r->access.peek(reached, u16(port + i), now) : open_bus) << (8 * i);
    }
    return value;
}

Cycle Board::next_event() const { return std::min(pit_.next_event(), uart_.next_event()); }

u8 Board::acknowledge(Cycle now) {
    advance(now);
    return pic_.acknowledge();
}

}  // namespace ringside::dev
