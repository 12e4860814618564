// Stepping back in a long history: how long it takes, and what the history costs.
#pragma once
#include <filesystem>
#include <string>

#include "sim/base/types.hpp"

namespace ringside::bench {

struct HistoryFigures {
    u64 instructions = 0;     ///< that the history holds
    double forward_mips = 0;  ///< while it was made
    double median_ms = 0, worst_ms = 0;
    u64 checkpoints = 0, history_mib = 0;
};

/// A session on a guest of this text runs so many instructions; then one instruction is stepped
/// back, many times: on from the end, across checkpoints, and after jumps to everywhere.
/// `folder` is for the guest's files. A mistake in the guest ends the program.
HistoryFigures measure_history(const std::filesystem::path& folder, const std::string& guest,
                               u64 instructions);

}  // namespace ringside::bench
