// What happened beside the plain execution of an instruction: what timing needs to know of it.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::timing {

struct Dynamic {
    u32 tlb_misses = 0;
    u32 walk_reads = 0;   ///< paging and EPT entries read
    u32 repetitions = 0;  ///< iterations of a REP string instruction
    u32 interrupts = 0;   ///< deliveries of exceptions and interrupts
    u32 returns = 0;      ///< IRETs that completed
    u32 vm_entries = 0, vm_exits = 0;
    bool any() const {
        return (tlb_misses | walk_reads | repetitions | interrupts | returns | vm_entries |
                vm_exits) != 0;
    }
};

}  // namespace ringside::timing
