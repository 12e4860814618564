#include "tests/fuzz/invariants.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "sim/base/check.hpp"
#include "sim/trace/entry_failure.hpp"
#include "tests/fuzz/difference.hpp"
#include "tests/fuzz/no_trace.hpp"

namespace ringside::fuzz {
namespace {

using machine::Limits;
using machine::Machine;
using machine::Stop;
using trace::Event;
using trace::EventKind;

struct Events : trace::Sink {
    std::vector<Event> all;
    void on(const Event& event) override { all.push_back(event); }
};

struct Run {
    Machine machine;
    Events events;
    machine::Meter meter;
    Stop stop;

    explicit Run(const Machine& start) : machine(start) {}
    /// On to `limits`, or to the machine's own end. False at its end.
    bool go(const Limits& limits, bool watched = true) {
        machine::Watch watch;
        watch.meter = &meter;
        if (watched) watch.sink = &events;
        stop = machine::run(machine, limits, watch);
        return stop.reason == Stop::Limit;
    }
};

/// A wait in HLT takes one step however long it is, so time is bounded as well.
Limits limits_of(const Machine& start, u64 steps) {
    Limits limits;
    limits.steps = start.steps + steps;
    limits.cycles = start.now + 1000 * steps;
    return limits;
}

void check_same_end(const Run& one, const Run& other) {
    RINGSIDE_CHECK(one.stop.reason == other.stop.reason);
    RINGSIDE_CHECK(one.stop.value == other.stop.value);
    RINGSIDE_CHECK(one.stop.what == other.stop.what);
    RINGSIDE_CHECK(one.stop.address == other.stop.address);
    if (!(one.machine == other.machine))
        std::fputs(difference(one.machine, other.machine).c_str(), stderr);
    RINGSIDE_CHECK(one.machine == other.machine);
    RINGSIDE_CHECK(one.meter == other.meter);
}

void check_same_events(const std::vector<Event>& one, const std::vector<Event>& other) {
    for (size_t n = 0; n < one.size() && n < other.size(); ++n) {
        const Event &a = one[n], &b = other[n];
        if (!(a == b))
            fmt::print(stderr, "event {}: kind {}, {}; at {:#x}, {:#x}; op {}, {}\n", n,
                       int(a.kind), int(b.kind), a.address.value, b.address.value, a.op, b.op);
        RINGSIDE_CHECK(a == b);
    }
    RINGSIDE_CHECK(one.size() == other.size());
}

/// In two halves, from a copy that has no caches yet.
void check_halves(const Run& whole, const Machine& start, const Limits& limits) {
    Run first(start);
    Limits half = limits;
    half.steps = start.steps + (whole.machine.steps - start.steps) / 2;
    const bool goes_on = first.go(half, false);
    Run second = first;
    RINGSIDE_CHECK(second.machine == first.machine);
    if (goes_on) {
        first.go(limits, false);
        second.go(limits, false);
    }
    check_same_end(first, second);
    check_same_end(whole, second);
}

/// Step by step. Where the whole run saw a fault, the machine before it is kept for comparison.
void check_steps(const Run& whole, const Machine& start, const Limits& limits) {
    constexpr int most_compared = 24;
    std::vector<u64> places;  // by instructions retired
    for (const Event& e : whole.events.all)
        if (is_fault(e)) places.push_back(e.instruction);
    Run run(start);
    int compared = 0;
    for (;;) {
        const bool look = compared < most_compared &&
                          std::ranges::binary_search(places, run.machine.instructions);
        std::optional<Machine> before;
        if (look) before = run.machine;
        const size_t seen = run.events.all.size();
        Limits one = limits;
        one.steps = std::min(limits.steps, run.machine.steps + 1);
        const bool goes_on = run.go(one);
        const auto& all = run.events.all;
        if (look && all.size() > seen && is_fault(all.back())) {
            check_no_trace(*before, run.machine, all.back());
            ++compared;
        }
        if (!goes_on || run.machine.steps >= limits.steps || run.machine.now >= limits.cycles)
            break;
    }
    check_same_end(whole, run);
    check_same_events(whole.events.all, run.events.all);
}

/// Each VM entry that fails is followed by what tells why.
void check_failures_explained(const Events& events) {
    constexpr u64 entry_failed = u64{1} << 31;  // of the exit reason. SDM 3C "Exit Reason"
    u64 failed = 0, told = 0;
    for (const Event& e : events.all) {
        if (e.kind == EventKind::VmExit && (e.a & entry_failed)) ++failed;
        if (e.kind != EventKind::VmEntryFailure) continue;
        ++told;
        const trace::EntryFailure why = trace::explain_entry_failure(e);
        RINGSIDE_CHECK(!why.rule.empty() && !why.allowed.empty() && !why.source.empty());
        RINGSIDE_CHECK(!why.words().empty());
    }
    RINGSIDE_CHECK(failed <= told);
}

}  // namespace

void check_run(const Machine& start, u64 steps) {
    const Limits limits = limits_of(start, steps);
    Run whole(start), unwatched(start);
    whole.go(limits);
    RINGSIDE_CHECK(whole.machine.steps <= limits.steps);
    RINGSIDE_CHECK(whole.meter.total() == whole.machine.now - start.now);
    RINGSIDE_CHECK(whole.stop.reason != Stop::NotModelled || !whole.stop.what.empty());
    unwatched.go(limits, false);
    check_same_end(whole, unwatched);
    check_halves(whole, start, limits);
    check_steps(whole, start, limits);
    check_failures_explained(whole.events);
}

}  // namespace ringside::fuzz
