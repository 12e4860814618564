// The devices of one guest, as an ordinary process of the host: as QEMU beside KVM.
//
//   guest --IN, OUT--> VMM --"port"--> run() returns here --> a device --> run() goes on
//
// The interrupt controller is not here but in the VMM, which asks it before every entry (KVM's
// "in-kernel irqchip"); the call `interrupt` raises its lines.
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/virtual_pit.hpp"
#include "scenarios/vmms/host/process/disk.hpp"
#include "scenarios/vmms/host/process/network_card.hpp"
#include "scenarios/vmms/host/process/system.hpp"
#include "scenarios/vmms/host/process/uart.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::process {
namespace {

using namespace isa::pc;
using vmm::VirtualPit;

/// The line of a device that keeps it up as long as it wants something: an edge when it rises.
class Line {
  public:
    explicit constexpr Line(unsigned number) : number_(number) {}
    void set(bool up) {
        if (up && !up_) call(abi::Call::interrupt, number_);
        up_ = up;
    }

  private:
    unsigned number_;
    bool up_ = false;
};

class Devices {
  public:
    void open(u32 guest) {
        disk_.open();
        network_.open(guest);
    }
    u32 in(u16 port, unsigned width, u32 now);
    void out(u16 port, u32 value, unsigned width, u32 now);
    /// What happens without the guest: time passes; `arrived`: something has come from outside.
    void advance(u32 now, bool arrived);
    /// When the next of it is due, if it is known.
    bool next_event(u32 now, u32& at) const { return timer_.next_edge(now, at); }

  private:
    u8 byte_in(u16 port, u32 now);
    void byte_out(u16 port, u8 byte, u32 now);
    void settle_lines();

    VirtualPit timer_;
    Uart uart_;
    Disk disk_;
    NetworkCard network_;
    u8 post_code_ = 0;
    Line uart_line_{Uart::line}, disk_line_{Disk::line}, network_line_{NetworkCard::line};
};

constexpr bool within(u16 port, u16 first, u16 count) { return u16(port - first) < count; }
constexpr bool is_timer(u16 port) {
    return within(port, port::pit_counter0, 4) || port == port::port_b;
}
constexpr bool is_disk(u16 port) {
    return within(port, isa::ata::command_block, 8) || port == isa::ata::control_block;
}
constexpr bool is_network(u16 port) { return within(port, isa::ne2000::base, isa::ne2000::ports); }
/// Ports that are wider than a byte.
constexpr bool is_data_port(u16 port) {
    return port == isa::ata::command_block + isa::ata::reg::data ||
           within(port, isa::ne2000::base + isa::ne2000::data_port, 8);
}

[[noreturn]] void end(u32 value) {
    call(abi::Call::end_guest, value);
    for (;;) {}  // not reached
}
[[noreturn]] void give_up(const char* why) {
    print("vmm: ");
    print(why);
    print("\n");
    end(abi::given_up);
}

u8 Devices::byte_in(u16 port, u32 now) {
    if (is_timer(port)) return timer_.in(port, now);
    if (within(port, port::com1, 8)) return uart_.in(u16(port - port::com1));
    if (is_disk(port)) return u8(disk_.in(port, 1));
    if (is_network(port)) return u8(network_.in(port, 1));
    if (port == port::post_code) return post_code_;
    return 0xff;  // an empty bus
}

void Devices::byte_out(u16 port, u8 byte, u32 now) {
    if (is_timer(port)) return timer_.out(port, byte, now);
    if (within(port, port::com1, 8)) return uart_.out(u16(port - port::com1), byte);
    if (is_disk(port)) return disk_.out(port, byte, 1);
    if (is_network(port)) return network_.out(port, byte, 1);
    const bool reset = (port == port::keyboard_command && byte == keyboard_pulse_reset) ||
                       (port == port::system_control_a && (byte & system_control_reset));
    if (reset) give_up("the guest resets the machine");
    if (port == port::post_code) post_code_ = byte;
    if (port == port::debug_console) call(abi::Call::log, address(&byte), 1);
}

u32 Devices::in(u16 port, unsigned width, u32 now) {
    if (is_data_port(port)) return is_disk(port) ? disk_.in(port, width) : network_.in(port, width);
    u32 value = 0;  // wider accesses go to neighbouring byte-wide registers
    for (unsigned i = 0; i < width; ++i) value |= u32(byte_in(u16(port + i), now)) << (8 * i);
    return value;
}

void Devices::out(u16 port, u32 value, unsigned width, u32 now) {
    if (is_data_port(port))
        return is_disk(port) ? disk_.out(port, value, width) : network_.out(port, value, width);
    for (unsigned i = 0; i < width; ++i) byte_out(u16(port + i), u8(value >> (8 * i)), now);
}

void Devices::advance(u32 now, bool arrived) {
    if (timer_.take_edge(now)) call(abi::Call::interrupt, irq::timer);
    // A line that the guest has just brought down must be seen down, before what comes next brings
    // it up again: the controller waits for edges.
    settle_lines();
    uart_.advance(arrived);
    if (arrived) network_.advance();
    settle_lines();
}

void Devices::settle_lines() {
    uart_line_.set(uart_.interrupt());
    disk_line_.set(disk_.interrupt());
    network_line_.set(network_.interrupt());
}

/// The guest's IN or OUT.
void access(Devices& devices, abi::RunState& state) {
    const u32 port = state.port, is_in = state.is_in, value = state.value;
    PROBE("device.port", port, is_in, value);
    if (state.is_in)
        state.value = devices.in(state.port, state.width, state.now);
    else if (state.port == port::debug_exit)
        end(state.value & ~abi::given_up);
    else
        devices.out(state.port, state.value, state.width, state.now);
}

Devices devices;

}  // namespace

extern "C" [[noreturn]] void device_process(u32 guest) {
    devices.open(guest);
    abi::RunState state;
    for (;;) {
        state.has_deadline = devices.next_event(state.now, state.deadline);
        run(state);
        switch (state.exit) {
            case abi::RunExit::interrupted: break;
            case abi::RunExit::port: access(devices, state); break;
            case abi::RunExit::stopped: end(abi::given_up);
        }
        devices.advance(state.now, state.arrived);
    }
}

}  // namespace ringside::process
