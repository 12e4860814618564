// For a VMM that has all guests, or a host kernel: when it gives up, everything ends.
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {

void end_run(u8 value) { end_machine(value); }

}  // namespace ringside::vmm
