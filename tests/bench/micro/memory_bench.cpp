// Memory: guest accesses, page walks, the TLB.
#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"
#include "tests/bench/micro/machines.hpp"
#include "tests/unit/machine/long_machine.hpp"

using namespace ringside;

namespace {

constexpr u64 instructions = 100'000;

/// Reads and writes 64 KiB, word by word.
constexpr const char* words = R"(
again:
    mov esi, 0x200000
    mov ecx, 0x4000
next:
    mov eax, [esi]
    add [esi + 4], eax
    add esi, 4
    dec ecx
    jnz next
    jmp again
)";
/// A word of each of 8192 pages: more than the TLB has entries.
constexpr const char* pages = R"(
again:
    mov esi, 0x200000
    mov ecx, 8192
next:
    mov eax, [esi]
    add esi, 4096
    dec ecx
    jnz next
    jmp again
)";
constexpr const char* copies = R"(
again:
    mov esi, 0x200000
    mov edi, 0x300000
    mov ecx, 0x4000
    rep movsd
    jmp again
)";

void guest(benchmark::State& state, const char* text) {
    bench::run_on(state, test::flat_machine(text), instructions);
}
BENCHMARK_CAPTURE(guest, words, words);
BENCHMARK_CAPTURE(guest, pages, pages);

void rep_movs(benchmark::State& state) {
    machine::Machine m = test::flat_machine(copies);
    const u64 before = m.instructions;
    for (auto _ : state) {
        machine::Limits limits;
        limits.steps = m.steps + 10'000;
        machine::run(m, limits, {});
    }
    // Five instructions a round, of which one copies 64 KiB.
    state.SetBytesProcessed(i64((m.instructions - before) / 5) * 0x10000);
}
BENCHMARK(rep_movs);

/// Walks of the tables of a 64-bit machine; with `eptp` through an EPT that maps all to itself.
void walks(benchmark::State& state, bool ept) {
    machine::Machine m = test::long_machine("hlt");
    constexpr u32 ept_at = 0x40000;
    mem::PagingMode mode = m.cpu.paging_mode();
    if (ept) {
        constexpr u64 all = isa::ept::R | isa::ept::W | isa::ept::X;
        test::put(m, ept_at, (ept_at + 0x1000) | all);
        test::put(m, ept_at + 0x1000, all | isa::ept::large_page | 6 << 3);
        mode.eptp = isa::ept::pointer(ept_at);
    }
    u64 linear = 0;
    for (auto _ : state) {
        const mem::Walk walk = mem::peek_walk(m.ram, mode, {linear}, {});
        if (walk.outcome != mem::Walk::Mapped) return state.SkipWithError("not mapped");
        benchmark::DoNotOptimize(walk);
        linear = (linear + 0x1000) & 0x3ffffff;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK_CAPTURE(walks, four_level, false);
BENCHMARK_CAPTURE(walks, four_level_through_ept, true);

mem::TlbEntry entry_of(u64 page) {
    mem::TlbEntry entry;
    entry.page = entry.frame = page;
    return entry;
}

void tlb_find(benchmark::State& state) {
    mem::Tlb tlb;
    for (u64 page = 0; page < 2048; ++page) tlb.insert(false, entry_of(page));
    u64 page = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(tlb.find(false, page, {}));
        page = (page + 1) % 2048;
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tlb_find);

void tlb_flush(benchmark::State& state) {
    mem::Tlb tlb;
    for (auto _ : state) {
        for (u64 page = 0; page < 32; ++page) tlb.insert(false, entry_of(page));
        tlb.flush();
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(tlb_flush);

}  // namespace
