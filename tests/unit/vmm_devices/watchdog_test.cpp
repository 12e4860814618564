// The VMMs' watchdog: whom it stops, and after how long.
#include "scenarios/vmms/common/watchdog.hpp"

#include <doctest/doctest.h>

using namespace ringside;
using vmm::Watchdog;

namespace {

/// How many ticks in a row stop it, of at most 100,000; 0: none does.
u32 ticks_until_stopped(Watchdog& watchdog, bool can_be_interrupted) {
    for (u32 n = 1; n <= 100'000; ++n)
        if (watchdog.tick(can_be_interrupted)) return n;
    return 0;
}

}  // namespace

TEST_CASE("a guest that no interrupt can reach is stopped after ten seconds of its time") {
    Watchdog watchdog;
    CHECK(ticks_until_stopped(watchdog, false) == 10'000);
}

TEST_CASE("one that an interrupt can reach is never stopped, nor any if nobody asks") {
    Watchdog watchdog;
    CHECK(ticks_until_stopped(watchdog, true) == 0);
    watchdog.set(0);
    CHECK(ticks_until_stopped(watchdog, false) == 0);
}

TEST_CASE("the option says how long, and any sign of life counts from the beginning again") {
    Watchdog watchdog;
    watchdog.set(30);
    for (int n = 0; n < 29; ++n) CHECK_FALSE(watchdog.tick(false));
    watchdog.saw_it_alive();
    for (int n = 0; n < 29; ++n) CHECK_FALSE(watchdog.tick(false));
    CHECK_FALSE(watchdog.tick(true));
    CHECK(ticks_until_stopped(watchdog, false) == 30);
    watchdog.set(Watchdog::not_asked_for);
    CHECK(watchdog.ticks() == Watchdog::usual);
}
