// Traps: the guest's exceptions go back to it, with a copy of the frame on its own stack.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// Puts the guest's ways from ring 3 to ring 1 without the VMM in force: a gate and its stack.
void set_direct_ways(const Domain&);

/// Any exception, or an INT n through a gate that the guest may not use.
void on_exception(Domain&, vmm::TrapFrame&);

/// Makes the guest go on in its kernel at `handler`, with what an interrupt through a gate would
/// leave on the stack of ring 1. `error_code` is pushed if it is not null; `mask_events`: as an
/// interrupt gate clears IF.
void enter_handler(Domain&, vmm::TrapFrame&, Callback handler, const u32* error_code,
                   bool mask_events);

}  // namespace ringside::pv
