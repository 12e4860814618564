// The command line of the window.
#include "ui/app/options.hpp"

#include <doctest/doctest.h>

using namespace ringside::ui;

TEST_CASE("Scenario, technique, picture and instant are read") {
    const auto o = parse_options({"popf", "--technique", "vt-x", "--screenshot", "a.png", "--at",
                                  "12", "--size", "1920x1080"});
    REQUIRE(o.ok());
    CHECK(o->scenario == "popf");
    CHECK(o->technique == "vt-x");
    CHECK(o->screenshot == "a.png");
    CHECK(o->at_event == 12);
    CHECK(o->width == 1920);
    CHECK(o->height == 1080);
}

TEST_CASE("A wrong command line is told in one sentence") {
    const struct {
        std::vector<std::string> words;
        const char* message;
    } rows[] = {
        {{"--tecnique", "vt-x"}, "unknown option \"--tecnique\""},
        {{"--technique"}, "--technique needs a technique's name"},
        {{"--at", "soon"}, "--at needs the number of an event, not \"soon\""},
        {{"--at", "-1"}, "--at needs the number of an event, not \"-1\""},
        {{"--at", "99999999999999999999999"},
         "--at needs the number of an event, not \"99999999999999999999999\""},
        {{"--size", "12"}, "--size needs a size from 640x480 to 7680x4320, not \"12\""},
        {{"--size", "10x10"}, "--size needs a size from 640x480 to 7680x4320, not \"10x10\""},
        {{"--scale", "9"}, "--scale needs a number from 1 to 3, not \"9\""},
        {{"--scale", "nan"}, "--scale needs a number from 1 to 3, not \"nan\""},
        {{"popf", "ringlet"}, "one scenario at a time: \"ringlet\" comes after \"popf\""},
        {{"--texts", "a.json"}, "--texts goes with --screenshot"},
        {{"--at", "1", "--at-instruction", "2"},
         "--at and --at-instruction name two different instants"},
    };
    for (const auto& row : rows) {
        const auto o = parse_options(row.words);
        REQUIRE_FALSE(o.ok());
        CHECK(o.error().message == row.message);
    }
    CHECK(parse_options({"--tecnique"}).error().hint == "did you mean --technique?");
}
