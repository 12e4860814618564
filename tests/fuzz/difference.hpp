// In what two machines differ, for people.
#pragma once
#include <string>

#include "sim/machine/machine.hpp"

namespace ringside::fuzz {

/// One line for each part that is not the same; empty when all are.
std::string difference(const machine::Machine& one, const machine::Machine& other);

}  // namespace ringside::fuzz
