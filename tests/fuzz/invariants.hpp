// What holds of every machine, whatever it runs. A broken invariant ends the program.
#pragma once
#include "sim/machine/run.hpp"

namespace ringside::fuzz {

/// Runs `start` for at most `steps` steps in several ways and checks that
/// - it comes to an end: by itself, or at the limit;
/// - a second run, without anybody looking, ends in the same machine for the same reason;
/// - a run cut in two, both halves of it copied, ends so too;
/// - a run step by step ends so too, and has the same events;
/// - every cycle is accounted for;
/// - an instruction that faults leaves no trace;
/// - a VM entry that fails is explained.
void check_run(const machine::Machine& start, u64 steps);

}  // namespace ringside::fuzz
