#include "scenarios/vmms/common/virtual_board.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/layout.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

using namespace isa::pc;

namespace {

enum class Owner : u8 { VirtualController, SerialPort, Timer, PostCode, RealDevice, Reset, Nobody };

Owner owner(u16 port) {
    switch (port) {
        case port::pic1_command:
        case port::pic1_data:
        case port::pic2_command:
        case port::pic2_data: return Owner::VirtualController;
        case port::keyboard_command:
        case port::system_control_a: return Owner::Reset;
        case port::port_b: return Owner::Timer;
        case port::post_code: return Owner::PostCode;
        case port::debug_console:
        case port::debug_exit: return Owner::RealDevice;
        default: break;
    }
    if (port >= port::pit_counter0 && port <= port::pit_control) return Owner::Timer;
    if (port >= port::com1 && port < port::com1 + 8) return Owner::SerialPort;
    return Owner::Nobody;
}

/// What guest `guest` knows as one of COM1's registers is one of its own line's.
u16 real_port(u32 guest, u16 port) { return u16(port - port::com1 + line_of(guest)); }

/// The request line of the real port that guest `guest` has as its COM1.
constexpr unsigned serial_irq(u32 guest) { return guest == 0 ? irq::com1 : irq::com2; }

bool asks_for_reset(u16 port, u8 byte) {
    return port == port::keyboard_command ? byte == keyboard_pulse_reset
                                          : byte & system_control_reset;
}

}  // namespace

u32 VirtualBoard::in(u16 port, unsigned width) {
    u32 value = 0;  // wider accesses go to neighbouring byte-wide registers
    for (unsigned i = 0; i < width; ++i) {
        const u16 at = u16(port + i);
        u8 byte = 0xff;
        switch (owner(at)) {
            case Owner::VirtualController: byte = pic.in(at); break;
            case Owner::SerialPort: byte = cpu::in8(real_port(guest_, at)); break;
            case Owner::Timer: byte = clock_ ? timer_.in(at, clock_->now()) : cpu::in8(at); break;
            case Owner::PostCode: byte = post_code; break;
            case Owner::RealDevice: byte = cpu::in8(at); break;
            case Owner::Reset:
            case Owner::Nobody: break;
        }
        value |= u32(byte) << (8 * i);
    }
    return value;
}

void VirtualBoard::out(u16 port, u32 value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
        const u16 at = u16(port + i);
        const u8 byte = u8(value >> (8 * i));
        switch (owner(at)) {
            case Owner::VirtualController: pic.out(at, byte); break;
            case Owner::SerialPort: cpu::out8(real_port(guest_, at), byte); break;
            case Owner::Timer:
                if (clock_)
                    timer_.out(at, byte, clock_->now());
                else
                    cpu::out8(at, byte);
                break;
            case Owner::PostCode: post_code = byte; break;
            case Owner::RealDevice:
                // One register, not bytes of a wider access: it would end the run for everybody.
                if (at != port::debug_exit) cpu::out8(at, byte);
                break;
            case Owner::Reset: reset_ |= asks_for_reset(at, byte); break;
            case Owner::Nobody: break;
        }
    }
}

void VirtualBoard::on_clock_tick() {
    if (timer_.take_edge(clock_->now())) pic.raise(irq::timer);
}

void VirtualBoard::connect() {
    if (!clock_) host::set_irq_enabled(irq::timer, true);
    host::set_irq_enabled(serial_irq(guest_), true);
}

void VirtualBoard::on_hardware_interrupt(unsigned line) {
    host::end_of_interrupt(line);
    pic.raise(line == serial_irq(guest_) ? irq::com1 : line);
}

bool VirtualBoard::can_wake() const { return pic.open(irq::timer) || pic.open(irq::com1); }

}  // namespace ringside::vmm
