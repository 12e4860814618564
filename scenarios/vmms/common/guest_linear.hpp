// The linear address space of a guest whose kernel runs at ring 1: access to its memory as its own
// code would have it.
#pragma once
#include "scenarios/vmms/common/guest_walk.hpp"

namespace ringside::vmm {

struct Guest;

/// What the guest's own MMU would find. Sets the accessed and dirty bits as it would.
Translation translate(Guest& guest, u32 linear, Access access);

/// Copy between the VMM and the guest's linear memory, across pages. A write that
/// faults writes nothing.
Fault read_linear(Guest& guest, u32 linear, void* to, u32 bytes, Access access = supervisor_read);
Fault write_linear(Guest& guest, u32 linear, const void* from, u32 bytes,
                   Access access = supervisor_write);

}  // namespace ringside::vmm
