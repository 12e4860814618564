// The guest's first state: page tables, start_info, the shared page, the hypercall page, registers.
#pragma once
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// Makes `domain` from a loaded guest, the registers that it starts with included. Stops the VMM
/// with a sentence if the guest is not a paravirtual one.
void start_of_day(Domain& domain, const vmm::LoadedGuest& loaded);

}  // namespace ringside::pv
