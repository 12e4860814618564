// The line between translated code and the VMM: the registers of the one, and the guest's state as
// its own code would have made it, which is what the VMM works on.
#pragma once
#include "scenarios/vmms/binary-translation/monitor.hpp"

namespace ringside::vmm {

/// Where the CPU was in the cache when it came to the VMM.
struct Place {
    Site site;
    u32 offset;
    u32 epoch;  ///< of the cache: if it has changed since, the place may be gone
};

/// From the registers of translated code to those of the guest at an instruction boundary: as if
/// its own bytes had run.
Place leave_cache(Monitor& m, TrapFrame& frame);

/// The reverse: the guest goes on at `offset`, which translates the code at frame.eip.
void enter_cache(Monitor& m, TrapFrame& frame, u32 offset);

}  // namespace ringside::vmm
