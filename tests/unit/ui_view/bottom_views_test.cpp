// Serial console, counters, observations.
#include "ui/view/make_bottom_views.hpp"

#include <doctest/doctest.h>

using namespace ringside;
using namespace ringside::ui;

TEST_CASE("Serial output is cut into lines, and what is no letter is shown as a dot") {
    CHECK(make_serial_view("").lines.empty());
    CHECK(make_serial_view("a\r\nb\n").lines == std::vector<std::string>{"a", "b"});
    CHECK(make_serial_view("a\n\nb").lines == std::vector<std::string>{"a", "", "b"});
    CHECK(make_serial_view("\x1b[2J\xff").lines == std::vector<std::string>{".[2J."});
}

TEST_CASE("The parts of the cost sum to the whole") {
    Tally t;
    t.by = {.guest = 500, .vmm = 300, .transition = 200};
    t.cycles = 1000;
    const CounterView view = make_counter_view(t);
    double sum = 0;
    for (const CostPart& p : view.cost) sum += p.share;
    CHECK(sum == doctest::Approx(1));
    CHECK(view.total == "1 000 cycles");
    CHECK(view.cost[0].value == "500 · 50 %");
}

TEST_CASE("A run that has not begun has no cost and divides by nothing") {
    for (const CostPart& p : make_counter_view({}).cost) CHECK(p.share == 0);
}

TEST_CASE("An observation is compared only once the guest has written it") {
    const std::vector<session::Observation> native = {{"a", 1}, {"b", 0}};
    std::vector<Seen> here = {{"a", 0, true, "popf.asm:31: popfd"}, {"b", 0, false, ""}};
    const ObservationView view = make_observation_view(here, native, false);
    REQUIRE(view.rows.size() == 2);
    CHECK(view.rows[0].agreement == Agreement::Different);
    CHECK(view.rows[0].culprit == "popf.asm:31: popfd");
    CHECK(view.rows[1].agreement == Agreement::NotYet);
    CHECK(view.verdict == "1 answer differs from the bare machine");
    CHECK(view.tone == Tone::Wrong);
}

TEST_CASE("All answers as on the bare machine are said to be so") {
    const std::vector<session::Observation> native = {{"a", 1}};
    const ObservationView view = make_observation_view({{"a", 1, true, ""}}, native, false);
    CHECK(view.tone == Tone::Good);
    CHECK(view.rows[0].agreement == Agreement::Same);
}
