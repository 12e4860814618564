// What happened: the small structs from which log, timeline, lessons, graders and panels derive.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::trace {

enum class EventKind : u8 {
    Exception,  ///< a fault, trap or abort was delivered: vector, error_code, a = CR2 for #PF
    ExternalInterrupt,  ///< a hardware interrupt was delivered: vector
    SoftwareInterrupt,  ///< INT n, INT3, INTO, INT1 was delivered: vector
    InterruptReturn,    ///< IRET completed: a = EIP returned to
    RingChange,         ///< CPL changed: cpl_before, cpl_after; a = new EIP
    VmxOn,              ///< VMXON succeeded: a = region
    VmxOff,             ///< VMXOFF succeeded
    VmEntry,            ///< root → non-root: a = guest RIP, b = VMCS address
    VmEntryFailure,     ///< a = index of the rule in isa::entry_rules, b = the value found,
                        ///< error_code = encoding of the field
    VmExit,             ///< non-root → root: a = exit reason, b = qualification
    Sensitive,  ///< a sensitive, unprivileged instruction ran at CPL > 0 (or a native run asked
                ///< for all of them): a = effect before, b = effect after (see isa row), op = its
                ///< row
    Probe,      ///< a probe point was reached: a = index of the probe in the run's probe table
    ControlWrite,  ///< MOV to CRn: vector = n, a = old, b = new
    PortRead,      ///< IN: a = port, b = value
    PortWrite,     ///< OUT: a = port, b = value
    Halt,          ///< HLT executed; a = EFLAGS.IF
    DebugExit,     ///< a guest ended the run: a = value written
    Shutdown,      ///< triple fault
    VmxAbort,      ///< a VM exit could not be completed: a = VMX-abort indicator
};

/// One event. `address` is the linear address of the instruction it belongs to, `phys` where that
/// instruction lies on the bus (all ones when unknown).
struct Event {
    EventKind kind{};
    u8 vector = 0;
    u8 cpl_before = 0;
    u8 cpl_after = 0;
    bool non_root = false;  ///< VMX non-root operation when it happened (before, for an exit)
    bool has_error_code = false;
    u16 op = 0;  ///< isa::Op of the instruction, 0 = unknown
    u32 error_code = 0;
    Cycle when = 0;       ///< cycles at the event
    u64 instruction = 0;  ///< instructions retired before it
    LinAddr address;
    HostPhys phys;
    u64 a = 0;
    u64 b = 0;
    bool operator==(const Event&) const = default;
};

/// Receives events while a machine runs. Must not change the machine.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void on(const Event& event) = 0;
};

}  // namespace ringside::trace
