// The splits that hold the panels.
#include "ui/app/layout.hpp"

#include <doctest/doctest.h>

using namespace ringside::ui;

TEST_CASE("The standard layout survives being written and read") {
    const Layout standard = Layout::standard();
    const auto again = Layout::parse(standard.text());
    REQUIRE(again.has_value());
    CHECK(again->text() == standard.text());
}

TEST_CASE("A layout that misses a panel, has one twice or is cut short is refused") {
    const char* wrong[] = {
        "",
        "rings",
        "(down 0.5 rings code)",
        "rings|code|registers|happening|log|timeline|observations|counters|serial|rings",
        "rings|code|registers|happening|log|timeline|observations|counters|nobody",
        "(down 0.5 rings code|registers|happening|log|timeline|observations|counters|serial",
        "(down 0.5 rings code|registers|happening|log|timeline|observations|counters|serial) more",
        "(down 1.5 rings code|registers|happening|log|timeline|observations|counters|serial)",
        "(down nan rings code|registers|happening|log|timeline|observations|counters|serial)",
        "(aslant 0.5 rings code|registers|happening|log|timeline|observations|counters|serial)",
    };
    for (const char* text : wrong) {
        CAPTURE(text);
        CHECK_FALSE(Layout::parse(text).has_value());
    }
    CHECK(Layout::parse(
        "(down 0.5 rings code|registers|happening|log|timeline|observations|counters|serial)"));
}

TEST_CASE("Places fill the room without overlapping") {
    std::vector<PlacedPanes> places;
    std::vector<PlacedSplit> splits;
    Layout::standard().place({0, 0, 1264, 728}, 6, places, splits);
    CHECK(splits.size() + 1 == places.size());
    for (const auto& a : places) {
        CHECK(a.box.width > 100);
        CHECK(a.box.height > 100);
        CHECK(a.box.x + a.box.width <= 1264.5f);
        CHECK(a.box.y + a.box.height <= 728.5f);
        for (const auto& b : places)
            if (a.node != b.node) CHECK_FALSE(a.box.contains(b.box.x + 1, b.box.y + 1));
    }
}

TEST_CASE("Two places exchange what they hold, and back") {
    Layout layout = Layout::standard();
    std::vector<PlacedPanes> places;
    std::vector<PlacedSplit> splits;
    layout.place({0, 0, 1000, 700}, 6, places, splits);
    layout.swap(places.front().node, places.back().node);
    CHECK_FALSE(layout == Layout::standard());
    layout.swap(places.front().node, places.back().node);
    CHECK(layout == Layout::standard());
}

TEST_CASE("A split cannot be dragged shut") {
    Layout layout = Layout::standard();
    std::vector<PlacedPanes> places;
    std::vector<PlacedSplit> splits;
    layout.place({0, 0, 1000, 700}, 6, places, splits);
    layout.resize(splits.front().node, -3);
    places.clear();
    splits.clear();
    layout.place({0, 0, 1000, 700}, 6, places, splits);
    for (const auto& place : places) CHECK(place.box.height > 8);
}
