// From sources to images: variants, include folders, and every scenario that we ship.
#include "sim/session/programs.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/session/guest_image.hpp"

using namespace ringside;
using namespace ringside::session;

TEST_CASE("includes are looked for from the source's folder up to the root of the tree") {
    using Paths = std::vector<std::string>;
    CHECK(include_folders("/a/scenarios/guests/popf/popf.asm", "/a/scenarios") ==
          Paths{"/a/scenarios/guests/popf", "/a/scenarios/guests", "/a/scenarios"});
    CHECK(include_folders("/a/scenarios/popf.asm", "/a/scenarios") == Paths{"/a/scenarios"});
    CHECK(include_folders("/b/popf.asm", "/a/scenarios").empty());
}

TEST_CASE("a technique and an option each add to the build of the guest") {
    Scenario scenario;
    const Guest guest{"a",
                      {"/x/a.asm", {}},
                      {{"paravirtual", {"/x/a.asm", {"PARAVIRT"}}, {}},
                       {"safe", {"/x/a.asm", {"SAFE"}}, {}},
                       {"small", {"/x/small.asm", {}}, {}}},
                      ""};
    const Guest other{"b", {"/x/b.asm", {"B"}}, {}, ""};
    scenario.guests = {guest, other};
    struct Row {
        const char* technique;
        const char* option;
        std::vector<std::string> defines;
    };
    const Row rows[] = {{"native", "", {}},
                        {"paravirtual", "", {"PARAVIRT"}},
                        {"native", "safe", {"SAFE"}},
                        {"native", "paravirtual", {"PARAVIRT"}},
                        {"paravirtual", "safe", {"PARAVIRT", "SAFE"}},
                        {"paravirtual", "small", {"PARAVIRT"}},
                        {"paravirtual", "paravirtual", {"PARAVIRT"}}};
    for (const Row& row : rows) {
        CAPTURE(row.technique);
        CAPTURE(row.option);
        const auto build =
            guest_build(scenario, guest, {*find_technique(row.technique), row.option});
        REQUIRE(build.ok());
        CHECK(build->defines == row.defines);
        const bool small = std::string_view(row.option) == "small";
        CHECK(build->source == (small ? "/x/small.asm" : "/x/a.asm"));
        // A guest that has no such build stays as it is.
        const auto same =
            guest_build(scenario, other, {*find_technique(row.technique), row.option});
        REQUIRE(same.ok());
        CHECK(same->defines == std::vector<std::string>{"B"});
    }
    const auto wrong = guest_build(scenario, guest, {*find_technique("native"), "saef"});
    REQUIRE(!wrong.ok());
    CHECK(wrong.error().hint == "did you mean \"safe\"?");
}

TEST_CASE("every scenario that we ship is read and its guests assemble, with names and lines") {
    const auto tree = std::filesystem::canonical("scenarios");
    size_t scenarios = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(tree)) {
        if (entry.path().filename() != "scenario.toml") continue;
        CAPTURE(entry.path().string());
        const auto scenario = load_scenario(entry.path(), tree);
        REQUIRE_MESSAGE(scenario.ok(), scenario.error().text());
        ++scenarios;
        std::vector<GuestBuild> builds;
        for (const Guest& guest : scenario->guests) {
            builds.push_back(guest.build);
            for (const Variant& variant : guest.variants) builds.push_back(variant.build);
        }
        for (const GuestBuild& build : builds) {
            const auto guest = build_guest(build, tree);
            REQUIRE_MESSAGE(guest.ok(), guest.error().text());
            CHECK(guest->image.symbols.find("start") != nullptr);
            CHECK(guest->image.symbols.find("observations.end") != nullptr);
            CHECK(guest->image.lines.at(guest->image.entry).has_value());
        }
    }
    CHECK(scenarios >= 12);
}
