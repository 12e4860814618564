// The devices of one guest, as an ordinary process of the host: as QEMU beside KVM.
//
//   guest --IN, OUT--> VMM --"port"--> run() returns here --> a device --> run() goes on
//
// The interrupt controller is not here but in the VMM, which asks it before every entry (KVM's
// "in-kernel irqchip"); the call `interrupt` raises its lines.
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/virtual_pit.hpp"
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
    u8 in(u16 port, u32 now);
    void out(u16 port, u8 byte, u32 now);
    /// What happens without the guest: time passes, something arrives.
    void advance(u32 now);
    /// When the next of it is due, if it is known.
    bool next_event(u32 now, u32& at) const { return timer_.next_edge(now, at); }

  private:
    VirtualPit timer_;
    Uart uart_;
    Line uart_line_{Uart::line};
};

constexpr bool within(u16 port, u16 first, u16 count) { return u16(port - first) < count; }
constexpr bool is_timer(u16 port) {
    return within(port, port::pit_counter0, 4) || port == port::port_b;
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

u8 Devices::in(u16 port, u32 now) {
    if (is_timer(port)) return timer_.in(port, now);
    if (within(port, port::com1, 8)) return uart_.in(u16(port - port::com1));
    return 0xff;  // an empty bus
}

void Devices::out(u16 port, u8 byte, u32 now) {
    if (is_timer(port)) return timer_.out(port, byte, now);
    if (within(port, port::com1, 8)) return uart_.out(u16(port - port::com1), byte);
    const bool reset = (port == port::keyboard_command && byte == keyboard_pulse_reset) ||
                       (port == port::system_control_a && (byte & system_control_reset));
    if (reset) give_up("the guest resets the machine");
    if (port == port::debug_console) call(abi::Call::log, address(&byte), 1);
}

void Devices::advance(u32 now) {
    if (timer_.take_edge(now)) call(abi::Call::interrupt, irq::timer);
    uart_.advance();
    uart_line_.set(uart_.interrupt());
}

/// The guest's IN or OUT. Wider accesses go to neighbouring byte-wide registers.
void access(Devices& devices, abi::RunState& state) {
    const u32 port = state.port, is_in = state.is_in, value = state.value;
    PROBE("device.port", port, is_in, value);
    if (!state.is_in && state.port == port::debug_exit) end(state.value & ~abi::given_up);
    if (state.is_in) state.value = 0;
    for (unsigned i = 0; i < state.width; ++i) {
        const u16 at = u16(state.port + i);
        if (state.is_in)
            state.value |= u32(devices.in(at, state.now)) << (8 * i);
        else
            devices.out(at, u8(state.value >> (8 * i)), state.now);
    }
}

Devices devices;

}  // namespace

extern "C" [[noreturn]] void device_process(u32) {
    abi::RunState state;
    for (;;) {
        state.has_deadline = devices.next_event(state.now, state.deadline);
        run(state);
        switch (state.exit) {
            case abi::RunExit::interrupted: break;
            case abi::RunExit::port: access(devices, state); break;
            case abi::RunExit::stopped: end(abi::given_up);
        }
        devices.advance(state.now);
    }
}

}  // namespace ringside::process
