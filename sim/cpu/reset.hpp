// The CPU after a reset.
#pragma once
#include "sim/cpu/state.hpp"

namespace ringside::cpu {

/// Real mode, at the reset vector FFFFFFF0H. SDM 3A "Processor State After Reset".
State after_reset();

}  // namespace ringside::cpu
