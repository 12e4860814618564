// The task-state segment, 16- and 32-bit: what a task switch saves and loads.
// SDM 3A "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)".
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// The dynamic fields, and the static ones that a switch loads.
struct TaskImage {
    u64 cr3 = 0, ip = 0, flags = 0;
    std::array<u64, 8> general{};
    std::array<u16, decode::segment_count> selectors{};
    u16 ldt = 0;
    bool debug_trap = false;  ///< T
};

/// Does this descriptor or segment type mean a 32-bit TSS?
inline bool wide_tss(u8 type) { return (type & 8) != 0; }
/// The smallest limit that holds all the fields.
inline u32 least_tss_limit(bool wide) { return wide ? 0x67 : 0x2b; }

/// The task at `base`; false after a page fault.
bool read_task(Exec& x, u64 base, bool wide, TaskImage& image);
/// Saves the running task; false after a page fault. CR3, LDT and T are not saved.
bool write_task(Exec& x, u64 base, bool wide, u64 flags);
/// The running task as the previous one of the task at `base`.
void write_back_link(Exec& x, u64 base, u16 selector);
u16 read_back_link(Exec& x, u64 base);

}  // namespace ringside::cpu
