// A VM entry that failed: a sentence with what was wrong, and the end of the run.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

/// VMLAUNCH or VMRESUME gave VMfailValid: the guest was not touched.
[[noreturn]] void explain_refused_entry();
/// The entry ended in a VM exit with this reason: the guest's state was not acceptable.
[[noreturn]] void explain_failed_entry(u32 reason);

}  // namespace ringside::vmm
