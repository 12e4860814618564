#include "sim/machine/checkpoints.hpp"

#include <doctest/doctest.h>

#include "tests/unit/machine/flat_machine.hpp"

using namespace ringside;
using machine::Checkpoints;
using machine::Machine;
using machine::Moment;

namespace {

/// A machine as it were after so many steps.
Moment at(Machine& m, u64 step, bool pinned = false) {
    m.steps = step;
    return {m, {}, pinned};
}
/// Writes to every page of the first so many MiB: none is shared with a copy any more.
void write_all_over(Machine& m, u64 mib) {
    for (u64 page = 0; page < mib << 8; ++page) m.ram.write({page << 12}, 8, m.steps + page);
}

}  // namespace

TEST_CASE("too many checkpoints: every second one goes and the spacing doubles") {
    Checkpoints kept(10, 8, never);
    Machine m = test::flat_machine("hlt");
    kept.keep(at(m, 0, true));
    for (u64 step = kept.next_due(0); step <= 1000; step = kept.next_due(step))
        kept.keep(at(m, step));
    CHECK(kept.size() <= 8);
    CHECK(kept.spacing() == 160);
    for (u64 step = 0; step <= 1000; ++step) {
        CAPTURE(step);
        const Moment* near = kept.nearest_before(step);
        REQUIRE(near != nullptr);
        CHECK(near->machine.steps <= step);
        CHECK(step - near->machine.steps < 2 * kept.spacing());
    }
}

TEST_CASE("checkpoints that hold too much memory are thinned out, pinned ones stay") {
    constexpr u64 most = 40u << 20;
    Checkpoints kept(10, 1000, most);
    Machine m = test::flat_machine("hlt");
    kept.keep(at(m, 0, true));
    kept.keep(at(m, 7, true));
    for (u64 step = 10; step <= 500; step += 10) {
        write_all_over(m, 4);
        kept.keep(at(m, step));
        CHECK(kept.bytes() <= most);
    }
    CHECK(kept.size() >= 4);
    CHECK(kept.size() <= 12);
    CHECK(kept.nearest_before(9)->machine.steps == 7);
    CHECK(kept.nearest_before(6)->machine.steps == 0);
    kept.forget_after(7);
    CHECK(kept.size() == 2);
    CHECK(kept.bytes() < 1u << 20);
}

TEST_CASE("checkpoints on the way to a place make room for those that are nearer to it") {
    Checkpoints kept(10, 1000, 40u << 20, Checkpoints::Room::Slide);
    Machine m = test::flat_machine("hlt");
    for (u64 step = 10; step <= 500; step += 10) {
        write_all_over(m, 4);
        kept.keep(at(m, step));
    }
    CHECK(kept.spacing() == 10);
    CHECK(kept.last() == 500);
    CHECK(kept.size() >= 8);
    CHECK(kept.first() == 500 - 10 * (kept.size() - 1));
    CHECK(kept.nearest_before(100) == nullptr);
}

TEST_CASE("a machine that is only kept costs its state and no caches") {
    Machine m = test::flat_machine("again:\ninc eax\njmp again");
    machine::run(m, {.instructions = 1000}, {});
    CHECK(sizeof(Machine) < 128 * 1024);
    const Machine copy = m;
    CHECK(copy == m);
    CHECK(copy.ram.bytes_apart(m.ram) == 0);
}

TEST_CASE("the last checkpoint for which something holds is found") {
    Checkpoints kept(10, 1000, never);
    Machine m = test::flat_machine("hlt");
    for (u64 step = 0; step <= 100; step += 10) kept.keep(at(m, step, step == 0));
    const auto up_to = [](u64 step) {
        return [=](const Machine& one) { return one.steps <= step; };
    };
    CHECK(kept.last_where(up_to(55)) == 50);
    CHECK(kept.last_where(up_to(1000)) == 100);
    CHECK(kept.last_where([](const Machine&) { return false; }) == 0);
}
