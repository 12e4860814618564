// The guest's physical memory as the hardware sees it: one EPT, made once.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

/// Builds the tables that map guest-physical 0 … 16 MiB onto the guest's memory, and nothing else.
/// Gives the EPT pointer for the VMCS.
u64 build_ept();

}  // namespace ringside::vmm
