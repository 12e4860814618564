// Kernels made from a seed, on the machine operations that ringlet's native.inc and paravirt.inc
// both have: critical sections, ticks, page tables, faults, visits to ring 3. Built natively and
// with PARAVIRT, one text says the same.
#pragma once
#include <string>

#include "sim/base/types.hpp"

namespace ringside::property {

/// NASM text; needs the include folder scenarios/guests. Prints a digest of all that it saw, which
/// depends neither on the machine nor on when ticks arrive, and ends with debug exit value 0.
std::string random_kernel(u64 seed, unsigned statements = 120);

}  // namespace ringside::property
