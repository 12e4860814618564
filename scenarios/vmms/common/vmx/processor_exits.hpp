// The exits that concern the guest's processor, and nothing outside it: the same for every VMM.
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// Handles this exit of the current guest. False if it is none of the processor's own: a device's,
/// or one that was not asked for.
bool handle_processor_exit(GuestCpu& guest, isa::ExitReason reason);

/// For the last word on an exit that nobody expected.
[[noreturn]] void stop_at_unexpected_exit(isa::ExitReason reason);

}  // namespace ringside::vmm
