// Dispatch: from one instruction to the next, by kind of code and of profile.
#include "tests/bench/micro/machines.hpp"

using namespace ringside;

namespace {

constexpr u64 instructions = 100'000;

/// Registers only, in one long block.
constexpr const char* straight = R"(
again:
    %rep 30
    add eax, ebx
    xor ecx, eax
    %endrep
    jmp again
)";
/// A block of two instructions, which fuse.
constexpr const char* tight = R"(
again:
    dec eax
    jnz again
    jmp again
)";
/// A call and a return to varying places.
constexpr const char* calls = R"(
again:
    call near_by
    call far_off
    jmp again
near_by:
    inc eax
    ret
far_off:
    inc ebx
    ret
)";
/// Overwrites an immediate of its own and runs it.
constexpr const char* self_modifying = R"(
again:
    inc eax
    mov [patched + 1], eax
patched:
    mov ebx, 0
    jmp again
)";

void dispatch(benchmark::State& state, const char* text, const char* profile) {
    bench::run_on(state, test::flat_machine(text, bench::with_profile(profile)), instructions);
}
BENCHMARK_CAPTURE(dispatch, straight_off, straight, "off");
BENCHMARK_CAPTURE(dispatch, straight_simple, straight, "simple");
BENCHMARK_CAPTURE(dispatch, tight_loop_off, tight, "off");
BENCHMARK_CAPTURE(dispatch, tight_loop_simple, tight, "simple");
BENCHMARK_CAPTURE(dispatch, calls_simple, calls, "simple");
BENCHMARK_CAPTURE(dispatch, self_modifying_simple, self_modifying, "simple");

/// One step a call, as a person steps.
void step_by_step(benchmark::State& state) {
    machine::Machine m = test::flat_machine(straight);
    for (auto _ : state) {
        machine::Limits limits;
        limits.steps = m.steps + 1;
        machine::run(m, limits, {});
    }
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(step_by_step);

}  // namespace
