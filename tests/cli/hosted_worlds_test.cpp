// Where the cycles go under a host: its kernel, its processes, the VMM; and what a trip to the
// device process costs, leg by leg.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"

namespace {

using namespace ringside::test;
using nlohmann::json;
using Path = std::vector<std::string>;

json run_of(const char* scenario, const char* technique) {
    const Folder folder;
    const Ran ran = invoke(folder, {"run", scenario, "--technique", technique, "--report", "json"});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return json::parse(ran.out);
}

long cycles(const json& run, const char* world) { return run["cycles_by"][world].get<long>(); }

/// The trip with this path; null if there was none.
json trip_by(const json& run, const Path& path) {
    for (const json& trip : run["trips"])
        if (trip["path"] == path) return trip;
    return nullptr;
}

long sum_of_legs(const json& run) {
    long sum = 0;
    for (const json& leg : run["legs"]) sum += leg["cycles"].get<long>();
    return sum;
}

}  // namespace

TEST_CASE("under a host the report tells its kernel and processes from the VMM") {
    for (const char* technique : {"hosted-vt-x", "hosted-binary-translation"}) {
        CAPTURE(technique);
        const json run = run_of("ringlet", technique);
        for (const char* world : {"guest", "vmm", "host", "device_process", "other_process"}) {
            CAPTURE(world);
            CHECK(cycles(run, world) > 0);
        }
        long sum = 0;
        for (const auto& [world, spent] : run["cycles_by"].items()) sum += spent.get<long>();
        CHECK(sum == run["cycles"]);
        // An ordinary process gets about what its turns are worth: it computes, and little else.
        CHECK(cycles(run, "other_process") > cycles(run, "device_process"));
    }
    for (const char* technique : {"native", "trap-and-emulate", "binary-translation", "vt-x"}) {
        CAPTURE(technique);
        const json run = run_of("ringlet", technique);
        for (const char* world : {"host", "device_process", "other_process"})
            CHECK(cycles(run, world) == 0);
    }
}

TEST_CASE(
    "a port access goes from the guest by VMM and host kernel to the device process and back") {
    const json hosted = run_of("ringlet", "hosted-vt-x");
    const json trip = trip_by(hosted, {"vmm", "host", "device_process", "host", "vmm", "guest"});
    REQUIRE(!trip.is_null());
    CHECK(trip["count"] > 50);
    REQUIRE(trip["cycles"].size() == 5);
    long all = 0;
    for (const json& leg : trip["cycles"]) {
        CHECK(leg > 0);
        all += leg.get<long>();
    }
    // The same guest, the same port, a VMM without a host: one leg.
    const json bare = trip_by(run_of("ringlet", "vt-x"), {"vmm", "guest"});
    REQUIRE(!bare.is_null());
    CHECK(all / trip["count"].get<long>() >
          bare["cycles"][0].get<long>() / bare["count"].get<long>());
}

TEST_CASE("beside a host, two world switches are on the way, and they are dearer than two calls") {
    const json run = run_of("ringlet", "hosted-binary-translation");
    const json trip = trip_by(run, {"vmm", "world_switch", "driver", "host", "device_process",
                                    "host", "driver", "world_switch", "vmm", "guest"});
    REQUIRE(!trip.is_null());
    const json& spent = trip["cycles"];
    constexpr size_t out = 1, driver = 2, back = 7;
    CHECK(spent[out] > spent[driver]);
    CHECK(spent[back] > spent[driver]);
    // Not to every fault of the guest's is the host an answer.
    CHECK(trip_by(run, {"vmm", "guest"})["count"] > trip["count"]);
}

TEST_CASE("legs tell of every cycle since the first of them") {
    for (const char* technique : {"vt-x", "hosted-vt-x", "hosted-binary-translation"}) {
        CAPTURE(technique);
        const json run = run_of("ringlet", technique);
        const long all = run["cycles"].get<long>();
        CHECK(sum_of_legs(run) > all * 9 / 10);  // what is left is setting up
        CHECK(sum_of_legs(run) <= all);
    }
}

TEST_CASE("two translated guests: the points of the second VMM, a copy, are told too") {
    const Folder folder;
    const Ran ran = invoke(
        folder, {"run", "packets", "--technique", "hosted-binary-translation", "--report", "json"});
    const json run = json::parse(ran.out);
    long to_vmm = 0, to_guest = 0;
    for (const json& leg : run["legs"]) {
        if (leg["from"] != "world_switch") continue;
        if (leg["to"] == "vmm") to_vmm = leg["count"].get<long>();
        // Were the points of the copy not known, its world switches would last until the driver's.
        if (leg["to"] == "driver") to_guest = leg["count"].get<long>();
    }
    CHECK(to_vmm > 0);
    CHECK(std::abs(to_vmm - to_guest) <= 2);
}
