// The child process of the host oracle: what runs in it and what it shares with its parent.
#pragma once
#include <csignal>

#include "tests/oracle/job.hpp"

namespace ringside::oracle::child {

inline constexpr size_t batch = 256;

struct Shared {
    u32 count = 0;    ///< jobs in this batch
    u32 current = 0;  ///< the one being run: told when the child dies
    std::array<u8, data_bytes> memory{};
    bool memory_is_new = false;
    std::array<Job, batch> jobs{};
    std::array<Outcome, batch> outcomes{};
};

/// Maps the arena and answers batches until the pipe closes; never returns.
[[noreturn]] void serve(Shared& shared, int from_parent, int to_parent);

}  // namespace ringside::oracle::child
