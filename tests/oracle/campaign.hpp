// Runs trials on a backend and on our machine and compares what they left.
#pragma once
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "tests/oracle/simulated.hpp"
#include "tests/oracle/trial.hpp"

namespace ringside::oracle {

struct Report {
    u64 trials = 0, instructions = 0;
    u64 discarded = 0;                     ///< trials that jumped to what is not modelled
    std::map<i16, u64> endings;            ///< by vector, `completed` included
    std::vector<u64> runs;                 ///< by encoding: how often it was executed
    std::vector<std::string> differences;  ///< the first few, as text
    u64 different = 0;
    std::string broken;  ///< why the backend gave up
};

/// Until `instructions` have been executed.
Report compare(Backend& theirs, Kernel kernel, Generator& generator, u64 instructions,
               u64 told_at_most = 12);

/// Why a backend cannot run an encoding; null where it can.
using Missing = std::function<const char*(const Encoding&)>;

/// Encodings with a row that user code may try and that both sides can be compared on. `skipped`
/// gets a line for each that was left out.
std::vector<Encoding> comparable(unsigned bits, std::span<const Exclusion> exclusions,
                                 const Missing& missing, Vendor vendor,
                                 std::set<std::string>& skipped);

}  // namespace ringside::oracle
