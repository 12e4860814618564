// The board: ports and interrupt wires.
#include "sim/dev/board.hpp"

#include <algorithm>

#include "sim/base/bits.hpp"
#include "sim/dev/routes.hpp"

namespace ringside::dev {

using namespace isa::pc;

namespace {
constexpr u32 open_bus = 0xff;
}

struct Board::Route {
    PortRange ports;
    ByteAccess<Board> byte;
    void (Board::*settle)();
    WideAccess<Board> wide = {};  // for data registers
};

/// What a device says on its interrupt lines: `levels` of those in `mask`.
struct Board::Lines {
    u16 mask = 0, levels = 0;
    Lines() = default;
    Lines(unsigned irq, bool level) : mask(u16(1u << irq)), levels(level ? mask : u16{0}) {}
    Lines operator|(Lines o) const {
        o.mask |= mask;
        o.levels |= levels;
        return o;
    }
    static Lines of(const Pit& d) { return {irq::timer, d.output0()}; }
    static Lines of(const Uart& d) { return {irq::com1, d.interrupt()}; }
    static Lines of(const Com2& d) { return {irq::com2, d.interrupt()}; }
    static Lines of(const Keyboard& d) {
        return Lines(irq::keyboard, d.interrupt()) | Lines(irq::aux, d.aux_interrupt());
    }
    static Lines of(const Cmos& d) { return {irq::clock, d.interrupt()}; }
    static Lines of(const Ne2000& d) { return {irq::network, d.interrupt()}; }
    static Lines of(const AtaChannel& d) { return {irq::disk, d.interrupt()}; }
};

/// Its place in Board::events_.
template <class Device>
constexpr int Board::event_of = -1;
template <>
constexpr int Board::event_of<Pit> = 0;
template <>
constexpr int Board::event_of<Uart> = 1;
template <>
constexpr int Board::event_of<Keyboard> = 2;
template <>
constexpr int Board::event_of<Cmos> = 3;
template <>
constexpr int Board::event_of<LocalApic> = 4;
template <>
constexpr int Board::event_of<AtaChannel> = 5;
template <>
constexpr int Board::event_of<Ne2000> = 6;
template <>
constexpr int Board::event_of<Board::Com2> = 7;

template <auto device>
void Board::settle_after() {
    const auto& d = this->*device;
    using Device = std::remove_cvref_t<decltype(d)>;
    if constexpr (requires { Lines::of(d); }) drive(Lines::of(d));
    if constexpr (event_of<Device> >= 0) events_[event_of<Device>] = d.next_event();
    // Latches that nothing hangs on need no more; the 8259s have a say in interrupts only.
    constexpr bool latch = std::is_same_v<Device, PostCode> || std::is_same_v<Device, DebugConsole>;
    if constexpr (std::is_same_v<Device, PicPair>)
        interrupt_ = interrupt_wanted();
    else if constexpr (!latch)
        conclude();
}

const Board::Route* Board::route(u16 port) {
    namespace ata = isa::ata;
    namespace ne = isa::ne2000;
    namespace vga = isa::vga::port;
    constexpr auto to = []<auto device>(unsigned first, unsigned last) {
        return Route{{first, last}, byte_access<device>(), &Board::settle_after<device>};
    };
    constexpr auto wide = []<auto device>(unsigned first, unsigned last) {
        return Route{{first, last},
                     byte_access<device>(),
                     &Board::settle_after<device>,
                     wide_access<device>()};
    };
    static constexpr Route routes[] = {
        to.operator()<&Board::pic_>(port::pic1_command, port::pic1_data),
        to.operator()<&Board::pic_>(port::pic2_command, port::pic2_data),
        to.operator()<&Board::pit_>(port::pit_counter0, port::pit_control),
        to.operator()<&Board::pit_>(port::port_b, port::port_b),
        to.operator()<&Board::keyboard_>(port::keyboard_data, port::keyboard_data),
        to.operator()<&Board::keyboard_>(port::keyboard_command, port::keyboard_command),
        to.operator()<&Board::cmos_>(port::cmos_index, port::cmos_data),
        to.operator()<&Board::control_>(port::system_control_a, port::system_control_a),
        to.operator()<&Board::post_>(port::post_code, port::post_code),
        to.operator()<&Board::console_>(port::debug_console, port::debug_console),
        to.operator()<&Board::uart_>(port::com1, port::com1 + uart::scratch),
        to.operator()<&Board::uart2_>(port::com2, port::com2 + uart::scratch),
        to.operator()<&Board::vga_>(vga::first, vga::last),
        to.operator()<&Board::vga_>(vga::crtc_index, vga::crtc),
        to.operator()<&Board::vga_>(vga::status, vga::status),
        wide.operator()<&Board::disks_>(ata::command_block, ata::command_block),
        to.operator()<&Board::disks_>(ata::command_block + 1,
                                      ata::command_block + ata::reg::status),
        to.operator()<&Board::disks_>(ata::control_block, ata::control_block),
        to.operator()<&Board::network_>(ne::base, ne::base + ne::data_port - 1),
        wide.operator()<&Board::network_>(ne::base + ne::data_port, ne::base + ne::data_port_last),
        to.operator()<&Board::network_>(ne::base + ne::reset_port, ne::base + ne::ports - 1),
    };
    static constexpr auto index = index_of_ports(routes);
    if (port >= index.size() || index[port] == no_route) return nullptr;
    return &routes[index[port]];
}

Board::Board(const BoardConfig& config)
    : pit_(config.cpu_hz),
      uart_(port::com1),
      keyboard_(config.cpu_hz),
      cmos_(config.cpu_hz, config.start_time, config.ram_bytes, config.disks[0].sectors() > 0),
      vga_(config.cpu_hz),
      disks_(config.cpu_hz, config.disks[0], config.disks[1]),
      network_(config.cpu_hz, config.mac),
      rom_(config.rom) {
    settle();
}

Board::Board(u64 cpu_hz)
    : Board([&] {
          BoardConfig config;
          config.cpu_hz = cpu_hz;
          return config;
      }()) {}

bool Board::decodes(u16 port) { return port == port::debug_exit || route(port); }

void Board::pass_on(const std::optional<InterruptMessage>& message) {
    if (message) local_apic_.accept(*message);
}

void Board::set_line(unsigned irq, bool level) {
    pic_.set_line(irq, level);
    pass_on(io_apic_.set_line(irq == irq::timer ? isa::apic::io::timer_pin : irq, level));
}

void Board::drive(Lines lines) {
    const u16 changed = (lines_ ^ lines.levels) & lines.mask;
    lines_ ^= changed;
    for (unsigned irq = 0; changed >> irq; ++irq)
        if (changed >> irq & 1) set_line(irq, lines_ >> irq & 1);
}

void Board::settle() {
    drive(Lines::of(pit_) | Lines::of(keyboard_) | Lines::of(uart_) | Lines::of(uart2_) |
          Lines::of(cmos_) | Lines::of(network_) | Lines::of(disks_));
    const auto note = [this](const auto& d) {
        events_[event_of<std::remove_cvref_t<decltype(d)>>] = d.next_event();
    };
    note(pit_);
    note(uart_);
    note(uart2_);
    note(keyboard_);
    note(cmos_);
    note(local_apic_);
    note(disks_);
    note(network_);
    conclude();
}

/// What follows from the devices' wishes.
void Board::conclude() {
    due_ = *std::min_element(events_.begin(), events_.end());
    interrupt_ = interrupt_wanted();
    stop_ = debug_exit_.value || reset_requested() || not_modelled();
}

const char* Board::not_modelled() const {
    for (const char* what :
         {not_modelled_, keyboard_.not_modelled(), vga_.not_modelled(), local_apic_.not_modelled(),
          io_apic_.not_modelled(), network_.not_modelled()})
        if (what) return what;
    return nullptr;
}

void Board::advance(Cycle now) {
    if (pit_.advance(now)) {
        // However many edges went by, the last one decides what the PIC remembers.
        set_line(irq::timer, !pit_.output0());
        set_line(irq::timer, pit_.output0());
        lines_ = u16((lines_ & ~1u) | u16{pit_.output0()});
    }
    uart_.advance(now);
    uart2_.advance(now);
    keyboard_.advance(now);
    cmos_.advance(now);
    local_apic_.advance(now);
    disks_.advance(now);
    network_.advance(now);
    settle();
}

u32 Board::in(u16 port, unsigned bytes, Cycle now) {
    reach(now);
    const Route* const r = route(port);
    if (bytes == 1 || (r && r->wide.in)) {
        if (!r) return open_bus;
        const u32 value = bytes == 1 ? r->byte.in(*this, port, now) : r->wide.in(*this, bytes, now);
        (this->*r->settle)();
        return value;
    }
    u32 value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= in(u16(port + i), 1, now) << (8 * i);
    return value;
}

void Board::out(u16 port, unsigned bytes, u32 value, Cycle now) {
    reach(now);
    if (port == port::debug_exit) {
        debug_exit_.out(value & u32(width_mask(bytes)));
        return conclude();
    }
    const Route* const r = route(port);
    if (bytes == 1 || (r && r->wide.out)) {
        if (!r) return;
        if (bytes == 1)
            r->byte.out(*this, port, u8(value), now);
        else
            r->wide.out(*this, bytes, value, now);
        return (this->*r->settle)();
    }
    for (unsigned i = 0; i < bytes; ++i)
        if (u16(port + i) != port::debug_exit) out(u16(port + i), 1, u8(value >> (8 * i)), now);
}

u32 Board::peek(u16 port, unsigned bytes, Cycle now) const {
    Board copy = *this;
    return copy.in(port, bytes, now);
}

u8 Board::acknowledge(Cycle now) {
    reach(now);
    const u8 vector =
        local_apic_.interrupt_pending() ? local_apic_.acknowledge() : pic_.acknowledge();
    settle();
    return vector;
}

void Board::expect_serial_input(const std::vector<ArrivingByte>& bytes) {
    uart_.expect(bytes);
    settle();
}

void Board::expect_keys(const std::vector<ArrivingByte>& codes) {
    keyboard_.expect(codes);
    settle();
}

void Board::expect_frame(const Frame& frame) {
    network_.expect(frame);
    settle();
}

}  // namespace ringside::dev
