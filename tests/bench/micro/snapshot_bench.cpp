// Snapshots: copying a machine, comparing two, writing after a copy, stepping back.
#include "sim/machine/timeline.hpp"
#include "tests/bench/micro/machines.hpp"

using namespace ringside;

namespace {

/// 64 MiB, of which so many pages have been written.
machine::Machine written(u64 pages) {
    machine::Machine m = test::flat_machine("hlt");
    for (u64 page = 0; page < pages; ++page) m.ram.write({page * mem::page_bytes}, 8, page + 1);
    return m;
}

void copy(benchmark::State& state) {
    const machine::Machine m = written(u64(state.range(0)));
    for (auto _ : state) {
        machine::Machine snapshot = m;
        benchmark::DoNotOptimize(snapshot);
    }
}
BENCHMARK(copy)->Arg(16)->Arg(16'384);

void compare(benchmark::State& state) {
    machine::Machine one = written(u64(state.range(0)));
    const machine::Machine other = one;
    one.ram.write({0x100}, 8, one.ram.read({0x100}, 8));
    for (auto _ : state) benchmark::DoNotOptimize(one == other);
}
BENCHMARK(compare)->Arg(16)->Arg(16'384);

/// A snapshot and the first write to each of some pages after it.
void write_after_copy(benchmark::State& state) {
    machine::Machine m = written(16'384);
    for (auto _ : state) {
        const machine::Machine snapshot = m;
        for (u64 page = 0; page < u64(state.range(0)); ++page)
            m.ram.write({page * mem::page_bytes}, 8, page);
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(write_after_copy)->Arg(16)->Arg(1024);

/// One step back, in a history of 10^7 instructions.
void step_back(benchmark::State& state) {
    machine::Timeline time(test::flat_machine("again:\nadd [0x200000], eax\ninc eax\njmp again"));
    machine::Limits limits;
    limits.steps = 10'000'000;
    time.run(limits, {});
    for (auto _ : state) time.go_to(time.now() - 1, {}, {});
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(step_back)->Unit(benchmark::kMicrosecond);

}  // namespace
