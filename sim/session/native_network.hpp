// The network of a scenario whose guests run natively: each has a machine of its own, and a cable
// joins the two.
#pragma once
#include <vector>

#include "sim/machine/machine.hpp"
#include "sim/session/scenario.hpp"

namespace ringside::session {

/// The frames that reach `machine` from `other`, with the cycles at which they do. Found by running
/// copies of both; they can then be part of the machine's start, as scripted input is, and its run
/// is the one that it has with the other beside it.
std::vector<dev::Frame> frames_from(machine::Machine other, machine::Machine machine,
                                    const StopLimits& limits);

}  // namespace ringside::session
