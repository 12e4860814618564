// A task switch by the guest's hardware: VMX leaves it to the VMM. SDM 3C "Treatment of Task
// Switches".
#pragma once
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"

namespace ringside::vmm {

/// Does the switch that this exit is about, as the processor would have. SDM 3A "Task Switching".
void on_task_switch(GuestCpu& guest);

}  // namespace ringside::vmm
