// Trips out of a guest and back, as the probe points tell them.
#include "sim/session/trips.hpp"

#include <doctest/doctest.h>

using namespace ringside;
using namespace ringside::session;

namespace {

struct Point {
    const char* name;
    Cycle when;
};

Trips after(const std::vector<Point>& points) {
    Trips trips;
    for (const Point& point : points) trips.pass(point.name, point.when);
    return trips;
}

using Path = std::vector<std::string>;
using Cycles = std::vector<u64>;

}  // namespace

TEST_CASE("a leg lasts from its point to the next, and the same way is one leg") {
    const Trips trips = after({{"guest", 100},
                               {"vmm", 130},
                               {"guest", 150},
                               {"vmm", 250},
                               {"host", 260},
                               {"vmm", 300},
                               {"guest", 310}});
    CHECK(trips.legs() == std::vector<Leg>{{"guest", "vmm", 2, 130},
                                           {"vmm", "guest", 2, 30},
                                           {"vmm", "host", 1, 10},
                                           {"host", "vmm", 1, 40}});
}

TEST_CASE("trips of the same path are told together, leg by leg, the most frequent first") {
    const Trips trips = after({{"guest", 0},
                               {"vmm", 10},
                               {"host", 11},
                               {"vmm", 15},
                               {"guest", 25},
                               {"vmm", 30},
                               {"guest", 37},
                               {"vmm", 40},
                               {"guest", 50}});
    CHECK(trips.trips() ==
          std::vector<Trip>{{Path{"vmm", "guest"}, 2, Cycles{17}},
                            {Path{"vmm", "host", "vmm", "guest"}, 1, Cycles{1, 4, 10}}});
}

TEST_CASE("what comes before the first guest, or does not come back, is no trip") {
    CHECK(after({{"vmm", 0}, {"host", 5}, {"guest", 9}}).trips().empty());
    CHECK(after({{"guest", 0}, {"vmm", 5}, {"host", 9}}).trips().empty());
    CHECK(after({}).legs().empty());
}

TEST_CASE("the same point again does not end the leg") {
    const Trips trips = after({{"guest", 0}, {"vmm", 5}, {"vmm", 7}, {"guest", 9}});
    CHECK(trips.legs() == std::vector<Leg>{{"guest", "vmm", 1, 5}, {"vmm", "guest", 1, 4}});
}

TEST_CASE("a trip of very many legs is told by its legs alone") {
    std::vector<Point> points{{"guest", 0}, {"vmm", 1}};
    for (Cycle n = 0; n < Trips::longest; ++n) points.push_back({n % 2 ? "vmm" : "host", 2 + n});
    points.push_back({"guest", 100});
    points.push_back({"vmm", 101});
    points.push_back({"guest", 102});
    const Trips trips = after(points);
    CHECK(trips.trips() == std::vector<Trip>{{Path{"vmm", "guest"}, 1, Cycles{1}}});
    CHECK(trips.legs().size() == 4);
}
