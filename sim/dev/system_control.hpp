// Port 92h, system control port A: the fast reset, and A20 as always on.
#pragma once
#include "sim/dev/port_device.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// IBM PS/2 Technical Reference, "System Control Port A". A20 is tied on: writing 0 to its bit
/// changes nothing, and it reads as 1, by which programs can tell.
struct SystemControl {
    u8 latch = 0;
    bool reset = false;

    u8 in(u16 port, Cycle now) { return peek(port, now); }
    void out(u16, u8 byte, Cycle) {
        using isa::pc::system_control_reset;
        if (byte & ~latch & system_control_reset) reset = true;
        latch = byte;
    }
    u8 peek(u16, Cycle) const { return latch | isa::pc::system_control_a20; }
    Cycle next_event() const { return never; }
    bool operator==(const SystemControl&) const = default;
};

static_assert(PortDevice<SystemControl>);

}  // namespace ringside::dev
