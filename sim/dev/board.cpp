// The board: ports and interrupt wires.
#include "sim/dev/board.hpp"

#include <algorithm>

#include "sim/base/bits.hpp"
#include "sim/dev/routes.hpp"

namespace ringside::dev {

using namespace isa::pc;

namespace {
constexpr u8 open_bus = 0xff;
}

struct Board::Route {
    PortRange ports;
    ByteAccess<Board> byte;
    WideAccess<Board> wide = {};  // for data registers
};

const Board::Route* Board::route(u16 port) {
    namespace ata = isa::ata;
    namespace ne = isa::ne2000;
    namespace vga = isa::vga::port;
    static constexpr Route routes[] = {
        {{port::pic1_command, port::pic1_data}, byte_access<&Board::pic_>()},
        {{port::pic2_command, port::pic2_data}, byte_access<&Board::pic_>()},
        {{port::pit_counter0, port::pit_control}, byte_access<&Board::pit_>()},
        {{port::port_b, port::port_b}, byte_access<&Board::pit_>()},
        {{port::keyboard_data, port::keyboard_data}, byte_access<&Board::keyboard_>()},
        {{port::keyboard_command, port::keyboard_command}, byte_access<&Board::keyboard_>()},
        {{port::cmos_index, port::cmos_data}, byte_access<&Board::cmos_>()},
        {{port::system_control_a, port::system_control_a}, byte_access<&Board::control_>()},
        {{port::post_code, port::post_code}, byte_access<&Board::post_>()},
        {{port::debug_console, port::debug_console}, byte_access<&Board::console_>()},
        {{port::com1, port::com1 + uart::scratch}, byte_access<&Board::uart_>()},
        {{vga::first, vga::last}, byte_access<&Board::vga_>()},
        {{vga::crtc_index, vga::crtc}, byte_access<&Board::vga_>()},
        {{vga::status, vga::status}, byte_access<&Board::vga_>()},
        {{ata::command_block, ata::command_block},
         byte_access<&Board::disks_>(),
         wide_access<&Board::disks_>()},
        {{ata::command_block + 1, ata::command_block + ata::reg::status},
         byte_access<&Board::disks_>()},
        {{ata::control_block, ata::control_block}, byte_access<&Board::disks_>()},
        {{ne::base, ne::base + ne::data_port - 1}, byte_access<&Board::network_>()},
        {{ne::base + ne::data_port, ne::base + ne::data_port_last},
         byte_access<&Board::network_>(),
         wide_access<&Board::network_>()},
        {{ne::base + ne::reset_port, ne::base + ne::ports - 1}, byte_access<&Board::network_>()},
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

void Board::drive_interrupt_lines() {
    const auto line = [](unsigned irq, bool level) { return u16(u16{level} << irq); };
    const u16 levels =
        u16(line(irq::timer, pit_.output0()) | line(irq::keyboard, keyboard_.interrupt()) |
            line(irq::com1, uart_.interrupt()) | line(irq::clock, cmos_.interrupt()) |
            line(irq::network, network_.interrupt()) | line(irq::aux, keyboard_.aux_interrupt()) |
            line(irq::disk, disks_.interrupt()));
    const u16 changed = levels ^ lines_;
    lines_ = levels;
    for (unsigned irq = 0; changed >> irq; ++irq)
        if (changed >> irq & 1) set_line(irq, levels >> irq & 1);
}

/// After anything that may have changed a device.
void Board::settle() {
    drive_interrupt_lines();
    due_ =
        std::min({pit_.next_event(), uart_.next_event(), keyboard_.next_event(), cmos_.next_event(),
                  local_apic_.next_event(), disks_.next_event(), network_.next_event()});
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
    keyboard_.advance(now);
    cmos_.advance(now);
    local_apic_.advance(now);
    disks_.advance(now);
    network_.advance(now);
    settle();
}

u32 Board::in(u16 port, unsigned bytes, Cycle now) {
    reach(now);
    u32 value = 0;
    if (const Route* r = route(port); r && r->wide.in && bytes > 1) {
        value = r->wide.in(*this, bytes, now);
    } else {
        for (unsigned i = 0; i < bytes; ++i) {
            const Route* one = route(u16(port + i));
            value |= u32(one ? one->byte.in(*this, u16(port + i), now) : open_bus) << (8 * i);
        }
    }
    settle();
    return value;
}

void Board::out(u16 port, unsigned bytes, u32 value, Cycle now) {
    reach(now);
    if (port == port::debug_exit) {
        debug_exit_.out(value & u32(width_mask(bytes)));
    } else if (const Route* r = route(port); r && r->wide.out && bytes > 1) {
        r->wide.out(*this, bytes, value, now);
    } else {
        for (unsigned i = 0; i < bytes; ++i)
            if (const Route* one = route(u16(port + i)))
                one->byte.out(*this, u16(port + i), u8(value >> (8 * i)), now);
    }
    settle();
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
