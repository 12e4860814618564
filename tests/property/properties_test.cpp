// What every run of every guest must keep, on guests made from seeds: the same again, cut, copied
// and rewound; faults that leave no trace; and timing, which changes when but never what.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "sim/asm/assembler.hpp"
#include "sim/machine/timeline.hpp"
#include "sim/session/run_image.hpp"
#include "tests/fuzz/no_trace.hpp"
#include "tests/property/random_guest.hpp"
#include "tests/property/random_kernel.hpp"

using namespace ringside;
using machine::Limits;
using machine::Machine;
using machine::Stop;

namespace {

constexpr u64 first_seed = 300, last_seed = 307;
constexpr u64 most_steps = 5'000'000;

struct Events : trace::Sink {
    std::vector<trace::Event> all;
    void on(const trace::Event& event) override { all.push_back(event); }
};

/// A machine that is about to run the program.
Machine booted(const std::string& text, const std::string& profile = "") {
    assembler::Options options;
    options.include = assembler::files_below({"scenarios/guests"});
    const assembler::Outcome outcome = assembler::assemble({"guest.asm", text}, options);
    REQUIRE_MESSAGE(outcome.ok(), outcome.diagnostics.front().text());
    session::ImageSetup setup;
    setup.ram_mib = 16;
    setup.cpu = profile;
    auto machine = session::load_image(outcome.assembly->bytes, "guest.elf", {}, setup);
    REQUIRE_MESSAGE(machine.ok(), machine.error().text());
    return *machine;
}

property::RandomGuestOptions options_of(u64 seed) {
    property::RandomGuestOptions options;
    options.sensitive = true;
    options.paging = seed % 4 != 0;
    options.user_mode = seed % 3 != 0;
    return options;
}
Machine guest(u64 seed) { return booted(property::random_guest(seed, options_of(seed))); }

Limits to_step(u64 step) {
    Limits limits;
    limits.steps = step;
    return limits;
}

/// To the guest's own end, which must be a good one.
Stop finish(Machine& m, trace::Sink* sink = nullptr) {
    const Stop stop = machine::run(m, to_step(most_steps), {.sink = sink});
    REQUIRE(stop.reason == Stop::DebugExit);
    REQUIRE(stop.value == 0);
    return stop;
}

/// Calls `check(seed)` for every seed.
template <class Check>
void for_each_seed(Check check) {
    for (u64 seed = first_seed; seed <= last_seed; ++seed) {
        CAPTURE(seed);
        check(seed);
    }
}

}  // namespace

TEST_CASE("two fresh runs are equal, event by event, and so is one that nobody looks at") {
    for_each_seed([](u64 seed) {
        Machine one = guest(seed), other = guest(seed), unwatched = guest(seed);
        REQUIRE(one == other);
        Events first, second;
        finish(one, &first);
        finish(other, &second);
        finish(unwatched);
        CHECK(one == other);
        CHECK(one == unwatched);
        CHECK(first.all.size() > 20);
        CHECK(first.all == second.all);
    });
}

TEST_CASE("copies made anywhere on the way end like the original") {
    for_each_seed([](u64 seed) {
        Machine whole = guest(seed);
        finish(whole);
        Machine original = guest(seed);
        for (u64 part = 1; part < 8; ++part) {
            machine::run(original, to_step(whole.steps * part / 8), {});
            Machine copy = original;
            REQUIRE(copy == original);
            finish(copy);
            CHECK(copy == whole);
        }
        finish(original);
        CHECK(original == whole);
    });
}

TEST_CASE("rewound to anywhere and run again, a guest comes to the same end") {
    for_each_seed([](u64 seed) {
        machine::Timeline time(guest(seed));
        time.run(to_step(most_steps), {});
        const Machine end = time.machine();
        const u64 steps = time.now();
        REQUIRE(end.board.debug_exit() == 0u);
        for (const u64 eighth : {7, 1, 4, 0, 6}) {
            const u64 step = steps * eighth / 8;
            Machine straight = guest(seed);
            machine::run(straight, to_step(step), {});
            time.go_to(step, {}, {});
            CHECK(time.machine() == straight);
            time.run(to_step(most_steps), {});
            CHECK(time.now() == steps);
            CHECK(time.machine() == end);
        }
    });
}

TEST_CASE("an instruction that faults leaves no trace") {
    u64 faults = 0;
    std::map<unsigned, u64> of_vector;
    for_each_seed([&](u64 seed) {
        Machine watched = guest(seed);
        Events events;
        finish(watched, &events);
        std::vector<u64> places;  // by instructions retired
        for (const trace::Event& e : events.all)
            if (fuzz::is_fault(e)) places.push_back(e.instruction);
        Machine m = guest(seed);
        for (const u64 place : places) {
            Limits limits;
            limits.instructions = place;
            if (m.instructions < place) machine::run(m, limits, {});
            // Deliveries of other things may come before the fault's own step.
            for (bool found = false; !found && m.instructions == place;) {
                const Machine before = m;
                Events step;
                machine::run(m, to_step(m.steps + 1), {.sink = &step});
                found = !step.all.empty() && fuzz::is_fault(step.all.back());
                if (!found) continue;
                fuzz::check_no_trace(before, m, step.all.back());
                ++faults;
                ++of_vector[step.all.back().vector];
            }
        }
    });
    MESSAGE(faults << " faults of " << of_vector.size() << " vectors");
    CHECK(faults >= 50);
    CHECK(of_vector.size() >= 4);
}

TEST_CASE("timing changes when, never what: without timers the trace is the same") {
    for_each_seed([](u64 seed) {
        property::RandomGuestOptions options = options_of(seed);
        options.timer = false;
        const std::string text = property::random_guest(seed, options);
        Machine simple = booted(text, "simple"), off = booted(text, "off");
        Events of_simple, of_off;
        finish(simple, &of_simple);
        finish(off, &of_off);
        CHECK(simple.now > off.now);
        for (Events* events : {&of_simple, &of_off})
            for (trace::Event& e : events->all) e.when = 0;
        CHECK(of_simple.all == of_off.all);
        CHECK(simple.instructions == off.instructions);
        CHECK(simple.steps == off.steps);
        CHECK(simple.cpu == off.cpu);
        CHECK(simple.ram == off.ram);
        CHECK(simple.board.serial_output() == off.board.serial_output());
    });
}

TEST_CASE("timing changes when, never what: with timers the guest says the same") {
    u64 interrupts = 0;
    const auto check = [&](const std::string& text) {
        Machine simple = booted(text, "simple"), off = booted(text, "off");
        Events of_simple;
        finish(simple, &of_simple);
        finish(off);
        interrupts += u64(std::ranges::count(of_simple.all, trace::EventKind::ExternalInterrupt,
                                             &trace::Event::kind));
        CHECK_FALSE(simple.board.serial_output().empty());
        CHECK(simple.board.serial_output() == off.board.serial_output());
    };
    for_each_seed([&](u64 seed) {
        check(property::random_guest(seed, options_of(seed)));
        check(property::random_kernel(seed));
    });
    CHECK(interrupts >= 20);
}
