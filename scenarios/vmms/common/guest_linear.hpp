// The guest's linear address space: a walk of its page tables, and access to its memory as its own
// code would have it.
//
//   virtual CR3 -> | PDE | -> | PTE | -> page       (SDM 3A "32-Bit Paging")
//   linear       =  31:22      21:12     11:0
#pragma once
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

struct Guest;

struct Access {
    bool write = false;
    bool user = false;  ///< virtual CPL 3; otherwise a supervisor's
    bool fetch = false;
};
inline constexpr Access supervisor_read{}, supervisor_write{true, false, false},
    instruction_fetch{false, false, true};

struct Translation {
    Fault fault;
    u32 physical = 0;      ///< guest-physical
    bool writable = true;  ///< R/W of both levels
    bool user = true;      ///< U/S of both levels
    bool dirty = true;
    bool large = false;  ///< a 4 MiB page
};

/// What the guest's own MMU would find. Sets the accessed and dirty bits as it would.
Translation translate(Guest& guest, u32 linear, Access access);

/// Copy between the VMM and the guest's linear memory, across pages. A write that
/// faults writes nothing.
Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access = supervisor_read);
Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes,
                   Access access = supervisor_write);

}  // namespace ringside::vmm
