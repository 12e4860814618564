// The guest's physical memory as the hardware sees it: one EPT, made once.
//
//   guest-physical 00000000 … 00FFFFFF:
//     EPTP -> PML4[0] -> PDPT[0] -> PD[0…7], each a 2-MByte page of the guest's memory
#pragma once
#include "scenarios/vmms/common/guest_memory.hpp"

namespace ringside::vmm {

struct EptTables {
    alignas(4096) u64 pml4[512], pdpt[512], directory[512];
};

/// Fills the tables so that they map the guest's physical memory, and nothing else. Gives the EPT
/// pointer for the VMCS.
u64 build_ept(EptTables& tables, const GuestMemory& memory);

}  // namespace ringside::vmm
