// For code of the VMM: what it asks the host for.
#pragma once
#include "scenarios/vmms/hosted-binary-translation/world.hpp"

namespace ringside::vmm {

/// This VMM's cross page.
inline world::CrossPage& cross_page() { return *world::vmm_parameters.page; }

/// Goes to the host, which does what the cross page says, and comes back.
void ask(world::Ask what);

}  // namespace ringside::vmm
