// A stack on which a frame is being built, before anything of the CPU changes. Gates, task
// switches and interrupts use it. SDM 3A "Stack Switching", "Exception- or Interrupt-Handler
// Procedures".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

struct Frame {
    Segment stack;
    u64 sp = 0;
    u8 cpl = 0;          ///< as which the stack is written
    unsigned size = 4;   ///< of an item in bytes: 2 for 16-bit gates
    u32 fault_code = 0;  ///< error code of the #SS when there is no room
    u8* host = nullptr;  ///< where the room begins on the host, if that is known
    u64 lowest = 0;      ///< its offset in the stack

    u64 mask() const { return stack.big() ? 0xffffffff : 0xffff; }
    /// False after #SS when the limit leaves no room for so many items.
    bool room(Exec& x, unsigned items);
    void push(Exec& x, u64 value) {
        sp = (sp - size) & mask();
        if (host && !x.faulted()) [[likely]]
            Exec::put_host_value(host + (sp - lowest), size, value);
        else
            push_slowly(x, value);
    }
    /// SS:ESP and CPL take effect. ESP's high half stays with a 16-bit stack.
    void load(Exec& x) const;

    /// The stack in use.
    static Frame current(const Exec& x, unsigned size, u32 fault_code);
    /// SS:ESP of an inner ring from the TSS, 16- or 32-bit. False after a fault.
    /// `external`: EXT of the error codes.
    static bool inner(Exec& x, u8 cpl, unsigned size, u32 external, Frame& out);

  private:
    void push_slowly(Exec& x, u64 value) const;
};

}  // namespace ringside::cpu
