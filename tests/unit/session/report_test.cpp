// Equivalence, checks and the two forms of a report, on runs made by hand.
#include "sim/session/report.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace ringside;
using namespace ringside::session;

namespace {

RunReport run_of(std::string technique, u32 after, std::string serial) {
    RunReport run;
    run.technique = std::move(technique);
    run.reason = "debug exit with value 0";
    run.exit_status = 1;
    run.instructions = 1'234'567;
    run.cycles = 100;
    run.cycles_by = {.guest = 50, .vmm = 30, .transition = 10, .idle = 10};
    run.serial = std::move(serial);
    run.observations = {{"before", 1}, {"after", after}};
    return run;
}

const Declared popf_hole{"trap-and-emulate", "", Outcome::Completed, {"after"}, true, {"POPF", ""}};

}  // namespace

TEST_CASE("a run is equivalent when outcome, serial output and observations are native's") {
    const RunReport native = run_of("native", 1, "a\nb\n");
    struct Row {
        const char* name;
        RunReport run;
        const Declared* declared;
        bool equivalent;
        bool as_declared;
        std::string words;
    };
    RunReport limit = run_of("vt-x", 1, "a\nb\n");
    limit.outcome = Outcome::Limit;
    limit.reason = "200 instructions";
    RunReport extra = run_of("vt-x", 1, "a\nb\n");
    extra.observations.push_back({"third", 0});
    RunReport missing = run_of("vt-x", 1, "a\nb\n");
    missing.observations.clear();
    const Row rows[] = {
        {"the same", run_of("vt-x", 1, "a\nb\n"), nullptr, true, true, ""},
        {"an observation", run_of("vt-x", 0, "a\nb\n"), nullptr, false, false,
         "after is 0, native 1"},
        {"an observation and text, declared", run_of("trap-and-emulate", 0, "a\nc\n"), &popf_hole,
         false, true, "after is 0, native 1"},
        {"declared, but it does not happen", run_of("trap-and-emulate", 1, "a\nb\n"), &popf_hole,
         true, false, ""},
        {"text", run_of("vt-x", 1, "a\nc\n"), nullptr, false, false,
         "the serial output says \"c\" where native says \"b\""},
        {"less text", run_of("vt-x", 1, "a\n"), nullptr, false, false,
         "the serial output says \"\" where native says \"b\""},
        {"outcome", limit, nullptr, false, false,
         "the run is limit (200 instructions), native completed"},
        {"one observation more", extra, nullptr, false, false, "third is 0, native missing"},
        {"no observations", missing, nullptr, false, false, "before is missing, native 1"},
    };
    for (const Row& row : rows) {
        SUBCASE(row.name) {
            RunReport run = row.run;
            compare_with_native(run, native, row.declared);
            REQUIRE(run.equivalent.has_value());
            CHECK(*run.equivalent == row.equivalent);
            CHECK(run.as_declared == row.as_declared);
            CHECK(run.first_difference.has_value() == !row.equivalent);
            if (run.first_difference) CHECK(run.first_difference->words() == row.words);
        }
    }
}

TEST_CASE("a scenario's checks name what is wrong") {
    RunReport run = run_of("native", 7, "hello\n");
    Check equals, contains, exit, observation, unknown;
    equals.serial_equals = "hello\n";
    contains.serial_contains = "ell";
    exit.exit_value = 0;
    observation.observation = "after";
    observation.equals = 7;
    unknown.observation = "nothing";
    run.exit_value = 0;
    apply_checks(run, {equals, contains, exit, observation});
    CHECK(run.failed_checks.empty());

    equals.serial_equals = "hello";
    contains.serial_contains = "bye";
    observation.equals = 8;
    run.exit_value = 3;
    apply_checks(run, {equals, contains, exit, observation, unknown});
    CHECK(run.failed_checks ==
          std::vector<std::string>{"the serial output is not the expected one",
                                   "the serial output does not contain \"bye\"",
                                   "the exit value is 3, expected 0", "after is 7, expected 8",
                                   "there is no observation \"nothing\""});
    run.exit_value.reset();
    apply_checks(run, {exit});
    CHECK(run.failed_checks.size() == 1);
}

TEST_CASE("a run with several guests is judged guest by guest, and tells whose fault it was") {
    const RunReport native = run_of("native", 1, "ok\n");
    RunReport run = run_of("vt-x", 0, "");
    run.guests = {run_of("", 1, "ok\n"), run_of("", 0, "ko\n")};
    run.guests[0].name = "left";
    run.guests[1].name = "right";
    Check check;
    check.guest = "right";
    check.observation = "after";
    check.equals = 1;
    for (GuestReport& guest : run.guests) {
        compare_with_native(guest, native, nullptr);
        apply_checks(guest, {check});
    }
    summarize_guests(run);
    CHECK(run.guests[0].equivalent == true);
    CHECK(run.guests[1].equivalent == false);
    CHECK(run.equivalent == false);
    CHECK(!run.as_declared);
    CHECK(run.serial_differs);
    CHECK(run.observations.size() == 4);
    CHECK(run.different_observations == std::vector<std::string>{"right.after"});
    CHECK(run.failed_checks == std::vector<std::string>{"right: after is 0, expected 1"});
    REQUIRE(run.first_difference.has_value());
    CHECK(run.first_difference->words() == "right: after is 0, native 1");
    const auto json = nlohmann::json::parse(to_json(Comparison{"two", "prescott", {run}}));
    const auto& guests = json["runs"][0]["guests"];
    REQUIRE(guests.size() == 2);
    CHECK(guests[1]["name"] == "right");
    CHECK(guests[1]["serial"] == "ko\n");
    CHECK(guests[0]["equivalent"] == true);
    const std::string text = to_text(run, "two", "prescott");
    CHECK(text.find("serial output of left\nok") != std::string::npos);
    CHECK(text.find("serial output of right\nko") != std::string::npos);

    compare_with_native(run.guests[1], run.guests[1], nullptr);
    run.guests[1].failed_checks.clear();
    summarize_guests(run);
    CHECK(run.equivalent == true);
    CHECK(run.as_declared);
}

TEST_CASE("what a guest measured is shown beside the others' and compared with nothing") {
    RunReport native = run_of("native", 1, "ok"), run = run_of("vt-x", 1, "ok");
    native.measurements = {{"syscall", 242'000}};
    run.measurements = {{"syscall", 246'000}};
    compare_with_native(run, native, nullptr);
    CHECK(run.equivalent == true);
    const Comparison both{"nano", "simple", {native, run}};
    CHECK(to_text(both).find("measured   native     vt-x\nsyscall   242,000  246,000\n") !=
          std::string::npos);
    const auto json = nlohmann::json::parse(to_json(both));
    CHECK(json["runs"][1]["measurements"][0] ==
          nlohmann::json{{"name", "syscall"}, {"value", 246'000}});
    CHECK(to_text(Comparison{"nano", "simple", {run_of("native", 1, "ok")}}).find("measured") ==
          std::string::npos);
}

TEST_CASE("the JSON report has every field, and survives bytes that are no text") {
    RunReport run = run_of("trap-and-emulate", 0, "\xff ok");
    compare_with_native(run, run_of("native", 1, "ok"), nullptr);
    run.first_difference->written_by =
        CodePlace{0x100010, "main+0x10", "popf.asm", 9, "mov eax, 1"};
    run.silent_sensitive = {{0, "popf", 0x10000e, 2, 1}};
    const auto json = nlohmann::json::parse(to_json(Comparison{"popf", "prescott", {run}}));
    CHECK(json["scenario"] == "popf");
    CHECK(json["cpu"] == "prescott");
    const auto& one = json["runs"][0];
    for (const char* key : {"technique",
                            "outcome",
                            "exit_status",
                            "instructions",
                            "cycles",
                            "cycles_by",
                            "ring_crossings",
                            "traps",
                            "vm_exits",
                            "hypercalls",
                            "translated_blocks",
                            "serial",
                            "observations",
                            "equivalent",
                            "first_difference",
                            "silent_sensitive",
                            "failed_entries",
                            "guests",
                            "legs",
                            "trips",
                            "translated_instructions"})
        CHECK_MESSAGE(one.contains(key), key);
    CHECK(one["outcome"] == "completed");
    CHECK(one["equivalent"] == false);
    CHECK(one["observations"][1] == nlohmann::json{{"name", "after"}, {"value", 0}});
    CHECK(one["first_difference"]["written_by"]["line"] == 9);
    CHECK(one["silent_sensitive"][0]["wrong"] == 1);
    u64 sum = 0;
    for (const auto& [world, cycles] : one["cycles_by"].items()) sum += cycles.get<u64>();
    CHECK(sum == one["cycles"].get<u64>());
}

TEST_CASE("the text report tells a host's cycles where there is a host, and its trips by legs") {
    RunReport bare = run_of("vt-x", 1, "ok"), hosted = run_of("hosted-vt-x", 1, "ok");
    CHECK(to_text(Comparison{"popf", "simple", {bare}}).find("device process") ==
          std::string::npos);
    hosted.cycles_by.host = 1'111;
    hosted.cycles_by.device_process = 2'222;
    hosted.cycles_by.other_process = 3'333;
    hosted.legs = {{"host", "vmm", 4, 4'400}};
    hosted.trips = {{{"vmm", "host", "vmm", "guest"}, 2, {20, 2'000, 60}}};
    const std::string both = to_text(Comparison{"popf", "simple", {bare, hosted}});
    CHECK(both.find("vmm   host  device process  other process  transition") != std::string::npos);
    CHECK(both.find("30  1,111           2,222          3,333          10") != std::string::npos);
    CHECK(
        both.find("the trips out of the guest and back: hosted-vt-x\n"
                  "  2 times, 1,040 cycles each: guest > vmm 10 > host 1,000 > vmm 30 > guest\n") !=
        std::string::npos);
    const std::string one = to_text(hosted, "popf", "simple");
    CHECK(one.find("leg from  to   times  cycles  cycles each\n"
                   "host      vmm      4   4,400        1,100\n") != std::string::npos);
    const auto json = nlohmann::json::parse(to_json(hosted, "popf", "simple"));
    CHECK(json["cycles_by"]["host"] == 1'111);
    CHECK(json["legs"][0]["cycles"] == 4'400);
    CHECK(json["trips"][0]["path"][1] == "host");
    CHECK(json["trips"][0]["cycles"][1] == 2'000);
}

TEST_CASE("the text report is an aligned table with the differences in words") {
    RunReport native = run_of("native", 1, "ok");
    RunReport run = run_of("trap-and-emulate", 0, "ok");
    compare_with_native(run, native, nullptr);
    compare_with_native(native, native, nullptr);
    const std::string text = to_text(Comparison{"popf", "prescott", {native, run}});
    CHECK(text.find("1,234,567") != std::string::npos);
    CHECK(text.find("first difference: after is 0, native 1") != std::string::npos);
    CHECK(text.find("the scenario does not declare this") != std::string::npos);
    std::vector<std::string> lines;
    for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        lines.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    REQUIRE(lines.size() > 4);
    CHECK(lines[2].ends_with("idle"));
    CHECK(lines[2].find("instructions") + 12 == lines[3].find("1,234,567") + 9);
    CHECK(lines[3].find("1,234,567") == lines[4].find("1,234,567"));
}
