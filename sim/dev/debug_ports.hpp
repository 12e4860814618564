// The ports through which a program speaks to whoever runs it: exit, console, POST code.
#pragma once
#include <optional>

#include "sim/dev/byte_log.hpp"
#include "sim/dev/port_device.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// Port F4h: the first write ends the run; the exit status is value << 1 | 1 (QEMU's
/// isa-debug-exit). It takes a write of any width whole.
struct DebugExit {
    std::optional<u32> value;

    void out(u32 written) {
        if (!value) value = written;
    }
    bool operator==(const DebugExit&) const = default;
};

/// Port E9h: bytes for a log; it reads as its own number, by which programs find it (Bochs).
struct DebugConsole {
    ByteLog sent;

    u8 in(u16 port, Cycle now) { return peek(port, now); }
    void out(u16, u8 byte, Cycle) { sent.append(byte); }
    u8 peek(u16, Cycle) const { return u8(isa::pc::port::debug_console); }
    Cycle next_event() const { return never; }
    bool operator==(const DebugConsole&) const = default;
};

/// Port 80h: the last power-on self-test code.
struct PostCode {
    u8 code = 0;

    u8 in(u16 port, Cycle now) { return peek(port, now); }
    void out(u16, u8 byte, Cycle) { code = byte; }
    u8 peek(u16, Cycle) const { return code; }
    Cycle next_event() const { return never; }
    bool operator==(const PostCode&) const = default;
};

static_assert(PortDevice<DebugConsole> && PortDevice<PostCode>);

}  // namespace ringside::dev
