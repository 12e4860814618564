// One attempt to reach a handler, by the mode of the CPU. Each changes state only when nothing
// faulted; the faults are left pending for deliver() to deal with.
#pragma once
#include "sim/cpu/delivery.hpp"

namespace ringside::cpu {

/// Through the interrupt vector table, as real mode does and as VME does for redirected INT n.
/// SDM 3B "Interrupt and Exception Handling" of "8086 Emulation".
void deliver_by_vector_table(Exec& x, const Delivery& event);
/// Through the IDT. SDM 2A "INT n/INTO/INT3/INT1", PROTECTED-MODE.
void deliver_through_gate(Exec& x, const Delivery& event);
/// Virtual-8086 mode: INT n goes the way that IOPL, CR4.VME and the redirection bitmap say.
/// SDM 3B "Class 3—Software Interrupt Handling in Virtual-8086 Mode".
void deliver_in_v8086(Exec& x, const Delivery& event);

/// The EFLAGS image that the handler's frame gets. SDM 3B "Resume Flag (RF)": faults set RF,
/// except the debug exception.
u64 pushed_flags(Exec& x, const Delivery& event);
/// EXT for the error codes of faults met on the way. SDM 3A "Error Code": 0 for INT n, INT3, INTO.
u32 external_bit(const Delivery& event);

}  // namespace ringside::cpu
