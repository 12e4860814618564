// Every scenario that we ship, under every technique it names: what it declares, and no more.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/program.hpp"

using namespace ringside::test;
using nlohmann::json;

namespace {

std::vector<std::string> shipped() {
    const Folder folder;
    std::istringstream lines(invoke(folder, {"list"}).out);
    std::vector<std::string> names;
    for (std::string line; std::getline(lines, line);)
        names.push_back(line.substr(0, line.find(' ')));
    return names;
}

}  // namespace

TEST_CASE("every technique gives what each scenario declares, and native its golden text") {
    const auto names = shipped();
    REQUIRE(names.size() >= 12);
    for (const std::string& name : names) {
        CAPTURE(name);
        const Folder folder;
        const Ran ran = invoke(folder, {"compare", name, "--report", "json"});
        CHECK_MESSAGE(ran.status == 0, ran.err);
        const json report = json::parse(ran.out, nullptr, false);
        REQUIRE(!report.is_discarded());
        CHECK(report["scenario"] == name);
        const std::string golden = slurp(fs::path("tests/golden/serial") / (name + ".txt"));
        bool native_seen = false;
        for (const json& run : report["runs"]) {
            const std::string technique = run["technique"];
            CAPTURE(technique);
            CAPTURE(run["reason"].get<std::string>());
            CHECK(run["outcome"] != "unsupported");
            CHECK(run["as_declared"] == true);
            unsigned long sum = 0;
            for (const auto& [world, cycles] : run["cycles_by"].items())
                sum += cycles.get<unsigned long>();
            CHECK(sum == run["cycles"].get<unsigned long>());
            if (run["equivalent"] == true && !golden.empty()) CHECK(run["serial"] == golden);
            if (technique == "native") {
                native_seen = true;
                CHECK(run["equivalent"] == true);
                CHECK(!run["observations"].empty());
                CHECK(run["cycles_by"]["vmm"] == 0);
            } else {
                CHECK(run["cycles_by"]["vmm"].get<long>() > 0);
            }
            // Where a sensitive instruction fooled the guest, the report says which one.
            if (run["equivalent"] == false && run["outcome"] == "completed")
                CHECK(run["first_difference"]["broken_by"].is_object());
        }
        CHECK(native_seen);
    }
}

TEST_CASE("the counters of ringlet tell the techniques apart") {
    const Folder folder;
    const Ran ran = invoke(folder, {"compare", "ringlet", "--report", "json"});
    const json report = json::parse(ran.out, nullptr, false);
    REQUIRE(!report.is_discarded());
    for (const json& run : report["runs"]) {
        const std::string technique = run["technique"];
        CAPTURE(technique);
        const auto number = [&run](const char* key) { return run[key].get<long>(); };
        CHECK((number("hypercalls") > 0) == (technique == "paravirtual"));
        const bool translates = technique.ends_with("binary-translation");
        CHECK((number("translated_blocks") > 0) == translates);
        CHECK((run["cycles_by"]["translated"].get<long>() > 0) == translates);
        const json& by = run["translated_instructions"];
        long made = 0;
        for (const auto& [kind, count] : by.items()) made += count.get<long>();
        CHECK((made > number("translated_blocks")) == translates);
        CHECK((by["copied"].get<long>() > 8 * made / 10) == translates);
        CHECK((number("vm_exits") > 0) == technique.ends_with("vt-x"));
        if (technique != "trap-and-emulate" && technique != "paravirtual")
            CHECK(run["silent_sensitive"].empty());
    }
}
