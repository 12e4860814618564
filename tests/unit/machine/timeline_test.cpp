#include "sim/machine/timeline.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "tests/unit/machine/flat_machine.hpp"

using namespace ringside;
using machine::Limits;
using machine::Machine;
using machine::Stop;
using machine::Timeline;

namespace {

/// Writes all over memory, counts, and lives from the timer: much state that must come back.
constexpr const char* busy = R"(
    mov ebx, 0x200000
    mov ecx, 1
again:
    imul ecx, ecx, 1103515245
    add ecx, 12345
    mov eax, ecx
    shr eax, 12
    and eax, 0x3fffc
    add [ebx + eax], ecx
    push eax
    pop edx
    xor edx, ecx
    jmp again
)";

Limits to_step(u64 step) {
    Limits l;
    l.steps = step;
    return l;
}

}  // namespace

TEST_CASE("going back gives the very machine that was there") {
    Timeline t(test::flat_machine(busy));
    std::vector<std::pair<u64, Machine>> kept;
    for (u64 step : {1u, 1000u, 250'000u, 250'001u, 700'000u, 1'234'567u}) {
        t.run(to_step(step), {});
        REQUIRE(t.now() == step);
        kept.emplace_back(step, t.machine());
    }
    for (auto k = kept.rbegin(); k != kept.rend(); ++k) {
        t.go_to(k->first, {}, {});
        CHECK(t.now() == k->first);
        CHECK(t.machine() == k->second);
    }
    t.go_to(1'234'567, {}, {});
    CHECK(t.machine() == kept.back().second);
}

TEST_CASE("rewinding and running again ends where running on would have") {
    Timeline rewound(test::flat_machine(busy)), straight(test::flat_machine(busy));
    rewound.run(to_step(900'000), {});
    rewound.go_to(123'456, {}, {});
    rewound.run(to_step(2'000'000), {});
    straight.run(to_step(2'000'000), {});
    CHECK(rewound.machine() == straight.machine());
    CHECK(rewound.meter() == straight.meter());
}

TEST_CASE("a copy made midway ends like the original") {
    Machine original = test::flat_machine(busy);
    machine::run(original, to_step(500'000), {});
    Machine copy = original;
    CHECK(copy == original);
    machine::run(original, to_step(1'000'000), {});
    machine::run(copy, to_step(1'000'000), {});
    CHECK(copy == original);
}

TEST_CASE("a run does not depend on how it is cut into calls") {
    Machine whole = test::flat_machine(busy), stepped = test::flat_machine(busy);
    machine::run(whole, to_step(20'000), {});
    for (u64 step = 1; step <= 20'000; ++step) machine::run(stepped, to_step(step), {});
    CHECK(whole == stepped);
}

TEST_CASE("an edit in the past forgets the future and is kept when going back") {
    Timeline t(test::flat_machine(busy));
    t.run(to_step(600'000), {});
    t.go_to(100'003, {}, {});
    t.branch([](Machine& m) { m.cpu.regs.gpr[cpu::CX] = 42; });
    CHECK(t.furthest() == 100'003);
    t.run(to_step(400'000), {});
    const Machine there = t.machine();
    t.go_to(100'003, {}, {});
    CHECK(t.machine().cpu.regs.gpr[cpu::CX] == 42);
    t.go_to(400'000, {}, {});
    CHECK(t.machine() == there);
}

TEST_CASE("a step back after 10^8 instructions takes less than 100 ms") {
    Timeline t(test::flat_machine(busy));
    t.run(to_step(100'000'000), {});
    REQUIRE(t.machine().instructions == 100'000'000);
    std::vector<double> milliseconds;
    for (int i = 1; i <= 9; ++i) {
        const auto start = std::chrono::steady_clock::now();
        t.go_to(t.now() - 1, {}, {});
        milliseconds.push_back(
            std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count());
        CHECK(t.machine().instructions == 100'000'000u - unsigned(i));
    }
    std::sort(milliseconds.begin(), milliseconds.end());
    MESSAGE("median " << milliseconds[4] << " ms, slowest " << milliseconds.back() << " ms, "
                      << t.checkpoints() << " checkpoints");
    CHECK(milliseconds[4] < 100);
}
