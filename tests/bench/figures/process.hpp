// A program run to its end, and what it took.
#pragma once
#include <string>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::bench {

struct Took {
    int status = -1;          ///< exit status; -1: it could not be started, or a signal ended it
    double milliseconds = 0;  ///< from its start to its end
    u64 most_kib = 0;         ///< resident memory at its highest
};

/// stdout and stderr go nowhere.
Took run_program(const std::vector<std::string>& command);

/// Of this process.
u64 most_resident_kib();

}  // namespace ringside::bench
