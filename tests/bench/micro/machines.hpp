// Machines for the micro-benchmarks, with an endless program each.
#pragma once
#include <benchmark/benchmark.h>

#include "tests/unit/machine/flat_machine.hpp"

namespace ringside::bench {

/// Runs the machine on for `instructions` in every iteration; counts them as items.
inline void run_on(benchmark::State& state, machine::Machine m, u64 instructions) {
    for (auto _ : state) {
        machine::Limits limits;
        limits.instructions = m.instructions + instructions;
        const machine::Stop stop = machine::run(m, limits, {});
        if (stop.reason != machine::Stop::Limit) return state.SkipWithError("the program ended");
    }
    state.SetItemsProcessed(state.iterations() * i64(instructions));
}

inline machine::Config with_profile(const char* profile) {
    machine::Config config;
    config.profile = timing::find_profile(profile);
    return config;
}

}  // namespace ringside::bench
