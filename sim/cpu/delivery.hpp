// Delivery of exceptions and interrupts, and the return from them.
// SDM 3A "Interrupt and Exception Handling"; SDM 2A "INT n/INTO/INT3/INT1", "IRET/IRETD".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// An event on its way to a handler.
struct Delivery {
    enum Kind : u8 {
        External,
        Hardware,
        Software,
        SoftwareException,
        PrivilegedSoftwareException,
        Nmi
    } kind;
    u8 vector = 0;
    bool has_error_code = false;
    u32 error_code = 0;
    u64 cr2 = 0;
    u64 debug = 0;  ///< #DB: what it is for, in DR6's format
    /// Was it caused by an instruction that asked for it? Then the gate's DPL counts and EXT is 0.
    bool software() const { return kind >= Software && kind != Nmi; }
};

/// Delivers the event through the IDT; faults met on the way are delivered instead, by the rules
/// for double faults, down to a triple fault. In VMX non-root operation the exception bitmap and
/// the like may turn it into a VM exit. RIP must already be where the handler is to return.
void deliver(Exec& x, const Delivery& event);
/// The same for an event injected by a VM entry: the event itself causes no exit, only what is met
/// while it is delivered. SDM 3C "Event Injection".
void deliver_injected(Exec& x, const Delivery& event);

/// Debug exceptions that waited for the end of an instruction: State::pending_debug.
void deliver_pending_debug(Exec& x);

/// The body of IRET.
void return_from_interrupt(Exec& x, unsigned operand_size);

/// What POPF and IRET may change of EFLAGS at this CPL and IOPL. SDM 2B "POPF", Table "Effect of
/// POPF/POPFD".
u64 writable_flags(const State& s, unsigned operand_size);

}  // namespace ringside::cpu
