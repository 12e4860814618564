// From a wrong observation back to the instruction that wrote it.
#pragma once
#include <optional>

#include "sim/session/session.hpp"

namespace ringside::session {

/// The place of an instruction: `at` on the bus, `address` as the CPU calls it.
CodePlace place_of(const Session& session, LinAddr address, HostPhys at);

/// Fills `written_by` and `broken_by` of the first difference of a guest in a finished run: the
/// instruction that gave the observation its value, and the last sensitive instruction before it
/// whose result was not native's. The run is repeated with a mark in the observation's place, so
/// that a store of the value that lay there before is found too.
void explain(Difference& difference, const Session& session, size_t guest = 0);

}  // namespace ringside::session
