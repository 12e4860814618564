// Hosted VT-x in the simulator: the way of a port access through the host, and who else gets the
// processor.
#include "tests/unit/vmm_translation/watched.hpp"

using namespace ringside;
using namespace ringside::test;

namespace {

std::vector<Recorded> record(const std::string& name) {
    const Scenario scenario = value(Installation(RINGSIDE_DATA_DIR).find(name));
    const Programs programs = programs_of(scenario, "hosted-vt-x");
    machine::Machine m = value(make_machine(scenario, programs, *value(find_cpu(""))));
    Watcher watcher(programs, m, {.record = true});
    const auto stop =
        machine::run(m, {.instructions = 50'000'000}, {.sink = &watcher, .map = &watcher});
    CHECK(stop.reason == machine::Stop::DebugExit);
    return watcher.recording();
}

struct Passage {
    std::string probe;
    u8 cpl;
    bool operator==(const Passage&) const = default;
};

/// The legs from the exit before event `at` to the entry behind it; the calculator may come
/// between.
std::vector<Passage> way_around(const std::vector<Recorded>& events, size_t at) {
    constexpr std::array legs{"vtx.exit",         "host.to_process", "device.port",
                              "host.system_call", "host.to_guest",   "vtx.enter"};
    const auto is_leg = [&](const Recorded& e) {
        return std::find(legs.begin(), legs.end(), e.probe) != legs.end();
    };
    size_t first = at, last = at;
    while (first > 0 && events[first].probe != "vtx.exit") --first;
    while (last + 1 < events.size() && events[last].probe != "vtx.enter") ++last;
    std::vector<Passage> way;
    for (size_t n = first; n <= last; ++n)
        if (is_leg(events[n])) way.push_back({events[n].probe, events[n].event.cpl_before});
    return way;
}

}  // namespace

TEST_CASE("a port access goes from the guest by the host kernel to the device process and back") {
    const std::vector<Recorded> events = record("in-out");
    const std::vector<Passage> expected{{"vtx.exit", 0},      {"host.to_process", 0},
                                        {"device.port", 3},   {"host.system_call", 0},
                                        {"host.to_guest", 0}, {"vtx.enter", 0}};
    constexpr u32 com1_scratch = 0x3ff;
    size_t seen = 0;
    for (size_t n = 0; n < events.size(); ++n) {
        if (events[n].probe != "device.port" || events[n].argument("port") != com1_scratch)
            continue;
        ++seen;
        const bool in = events[n].argument("is_in") == 1u;
        if (!in) CHECK(events[n].argument("value") == 0x5au);
        // The process may be interrupted on its way; of the two accesses one at least is not.
        if (in) CHECK(way_around(events, n) == expected);
    }
    CHECK(seen == 2);
}

TEST_CASE("what concerns the processor or the interrupt controller never leaves the host kernel") {
    for (const Recorded& e : record("in-out"))
        if (e.probe == "device.port") CHECK(e.argument("port") != 0x21u);
    size_t exits = 0, to_process = 0;
    for (const Recorded& e : record("cpuid")) {
        constexpr u32 cpuid = 10;
        exits += e.probe == "vtx.exit" && e.argument("reason") == cpuid;
        to_process += e.probe == "host.to_process";
    }
    CHECK(exits > 0);
    CHECK(to_process > 0);
}

TEST_CASE("an ordinary process gets its share beside the guest, and its numbers are right") {
    const auto primes_to = [](u32 n) {
        u32 primes = 0;
        for (u32 i = 2; i <= n; ++i) {
            bool prime = true;
            for (u32 d = 2; d * d <= i; ++d) prime &= i % d != 0;
            primes += prime;
        }
        return primes;
    };
    const std::vector<Recorded> events = record("ringlet");
    size_t progress = 0, turns = 0;
    bool in_guest = false;
    for (const Recorded& e : events) {
        if (e.probe == "vtx.enter") in_guest = true;
        if (e.probe != "calculator.progress") continue;
        turns += in_guest;  // the guest has run since the last time
        in_guest = false;
        ++progress;
        CHECK(e.event.cpl_before == 3);
        REQUIRE(e.argument("n").has_value());
        CHECK(e.argument("primes") == primes_to(*e.argument("n")));
    }
    CHECK(progress > 20);
    CHECK(turns > 3);
}

TEST_CASE("frames go from device process to device process through the host's network") {
    size_t sent = 0, carried = 0, received = 0;
    for (const Recorded& e : record("packets")) {
        sent += e.probe == "device.send" && e.event.cpl_before == 3;
        received += e.probe == "device.receive" && e.event.cpl_before == 3;
        if (e.probe != "host.frame") continue;
        ++carried;
        CHECK(e.event.cpl_before == 0);
        CHECK(e.argument("from") != e.argument("to"));
        CHECK(e.argument("bytes") == 60u);
    }
    CHECK(sent >= 6);
    CHECK(carried == sent);
    CHECK(received >= 6);
}
