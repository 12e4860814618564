// The guest as a whole: its memory, its virtual CPU and devices, and what the real CPU uses in
// place of its tables.
#pragma once
#include "scenarios/vmms/common/guest_memory.hpp"
#include "scenarios/vmms/common/shadow_descriptors.hpp"
#include "scenarios/vmms/common/shadow_paging.hpp"
#include "scenarios/vmms/common/vcpu.hpp"
#include "scenarios/vmms/common/virtual_board.hpp"

namespace ringside::vmm {

struct Guest {
    GuestMemory memory;
    VCpu cpu;
    ShadowDescriptors descriptors;
    ShadowPaging paging;
    VirtualBoard board;
};

}  // namespace ringside::vmm
