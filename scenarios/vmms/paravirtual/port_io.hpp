// What a paravirtual kernel should not use, but which still traps and is done for it: IN, OUT, CLI
// and STI.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// After #GP: does the instruction at EIP if it is one of those, and the port is one that the guest
/// may have.
bool emulate_privileged(Domain&, vmm::TrapFrame&);

}  // namespace ringside::pv
