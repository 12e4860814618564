// What the host kernel and its processes agree on: INT 80h with the call in EAX, up to three
// arguments in EBX, ECX and EDX, and the result in EAX. Included by both sides.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::abi {

inline constexpr u8 vector = 0x80;

enum class Call : u32 {
    exit,          ///< never returns
    sleep,         ///< until time EBX, or until something arrived for this process
    time,          ///< cycles of the timer's input (1,193,182 a second), modulo 2^32
    print,         ///< ECX bytes at EBX on the serial line of the guest
    read,          ///< the next byte that came in there, or nothing
    log,           ///< ECX bytes at EBX on the debug console (port E9h)
    disk_sectors,  ///< how many sectors the disk of the process has; 0: there is none
    disk_read,     ///< sector EBX to the 512 bytes at ECX: 1, or 0 if it cannot be
    disk_write,    ///< sector EBX from the 512 bytes at ECX
    send,          ///< a frame of ECX bytes at EBX to the others: how many there are
    receive,       ///< the next frame to EBX, at most ECX bytes: its length, or nothing
    run,           ///< runs the guest of the process: EBX is the address of a RunState
    interrupt,     ///< an edge on request line EBX of the guest's interrupt controller
    end_guest,     ///< the guest is at its end, with value EBX; or the process gives it up
};
inline constexpr u32 nothing = ~0u;        ///< the result of a read or receive
inline constexpr u32 given_up = 1u << 31;  ///< of end_guest's value

/// Why `run` came back.
enum class RunExit : u32 {
    interrupted,  ///< the time is `deadline`, or something arrived for this process
    port,         ///< IN or OUT: after IN, `value` is for the next call to have
    stopped,      ///< the guest did what it must not; the kernel has reported it
};

struct RunState {
    u32 deadline = 0;      ///< in: when to come back at the latest,
    u32 has_deadline = 0;  ///< if this is not 0

    RunExit exit{};   ///< out, as all that follows
    u32 now = 0;      ///< the time
    u32 arrived = 0;  ///< not 0: there is something to read or receive
    u16 port = 0;
    u8 width = 0;  ///< 1, 2 or 4 bytes
    u8 is_in = 0;
    u32 value = 0;
};

}  // namespace ringside::abi
