// Hostile guests made from a seed: dangerous instructions and random bytes, or hypercalls, with
// registers that point where it hurts. What comes of each does not matter; the next one is tried.
#pragma once
#include <string>

#include "sim/base/types.hpp"

namespace ringside::isolation {

/// NASM text of a kernel for the VMMs that run unchanged guests.
std::string random_attacks(u64 seed);
/// Of one that is built for the paravirtual VMM.
std::string random_hypercalls(u64 seed);

}  // namespace ringside::isolation
