// Descriptors from the tables, and loading segment registers with all checks.
// SDM 3A "Protection"; the order of checks is that of SDM 2 "MOV", "POP", "LDS…".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// Reads the descriptor a selector names. False after raising `vector` (selector as error code,
/// with `external` or-ed in) when it lies outside its table.
bool read_descriptor(Exec& x, isa::Selector selector, isa::Descriptor& out,
                     isa::Vector vector = isa::Vector::GP, u32 external = 0);
/// The same without faults: false when there is no such descriptor (LAR, LSL, VERR, VERW).
bool find_descriptor(Exec& x, isa::Selector selector, isa::Descriptor& out);
/// Sets the accessed bit in the table, as loading a segment does.
void set_accessed(Exec& x, isa::Selector selector, isa::Descriptor& d);
inline void mark_accessed(Exec& x, isa::Selector selector, isa::Descriptor& d) {
    if (!d.accessed()) set_accessed(x, selector, d);
}
/// Where the descriptor lies.
LinAddr descriptor_address(const Exec& x, isa::Selector selector);

/// Loads DS, ES, FS or GS. On a fault nothing is loaded.
void load_data_segment(Exec& x, decode::Seg seg, u16 selector);
/// The same in protected mode, from the GDT, where no more than looking at known memory is needed.
/// False when nothing was loaded: load_segment must be asked.
bool load_data_segment_at_once(Exec& x, decode::Seg seg, u16 selector);
/// Checks a stack segment for `cpl`; false after raising `vector` (#GP for MOV SS, #TS for TSS
/// stacks).
bool check_stack_segment(Exec& x, u16 selector, u8 cpl, isa::Vector vector, u32 external,
                         Segment& out);
void load_stack_segment(Exec& x, u16 selector);
/// The segment registers other than CS.
void load_segment(Exec& x, decode::Seg seg, u16 selector);

/// After a return to less privilege: data segments the new CPL may not use become null.
/// SDM 3A "Stack Switching in 32-bit Mode", SDM 2 "IRET".
void drop_privileged_segments(Exec& x);

/// LLDT and LTR.
void load_ldt(Exec& x, u16 selector);
void load_task_register(Exec& x, u16 selector);

/// Memory through a segment that is not (yet) loaded, such as the stack of an inner ring.
void store_through(Exec& x, const Segment& segment, u64 offset, unsigned width, u64 value, u8 cpl,
                   isa::Vector vector, u32 error_code);

}  // namespace ringside::cpu
