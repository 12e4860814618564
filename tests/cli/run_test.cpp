// `ringside run`, `compare` and `build`: reports, outcomes, statuses.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/cli/guests.hpp"
#include "tests/cli/program.hpp"

using namespace ringside::test;
using nlohmann::json;

namespace {

void write_scenario(const Folder& folder, const std::string& source, const std::string& more = "") {
    folder.write("mine/guest.asm", source);
    folder.write("mine/scenario.toml",
                 "name = \"mine\"\ntitle = \"Mine\"\nsummary = \"Mine\"\n"
                 "techniques = [\"native\"]\n[guest]\nsource = \"guest.asm\"\n" +
                     more);
}

json report_of(const Ran& ran) {
    const json report = json::parse(ran.out, nullptr, false);
    REQUIRE_MESSAGE(!report.is_discarded(), (ran.out + ran.err));
    return report;
}

}  // namespace

TEST_CASE("a run that does not end well says so in its report and in its status") {
    struct Row {
        const char* name;
        std::string source;
        std::string more;
        const char* outcome;
        int exit_status;
    };
    const Row rows[] = {
        {"it never ends", endless(), "[stop]\ninstructions = 1000\n", "limit", 4},
        {"it floods the serial port", flood(), "[stop]\nserial_bytes = 100\n", "limit", 4},
        {"a cycle limit", endless(), "[stop]\ncycles = 5000\n", "limit", 4},
        {"it triple-faults", triple_fault(), "", "failed", 6},
        {"it uses what is not modelled", unmodelled(), "", "unsupported", 6},
    };
    for (const Row& row : rows) {
        SUBCASE(row.name) {
            const Folder folder;
            write_scenario(folder, row.source, row.more);
            const Ran ran = invoke(folder, {"run", "mine", "--report", "json"});
            CHECK(ran.status == 1);
            const json report = report_of(ran);
            CHECK(report["outcome"] == row.outcome);
            CHECK(report["exit_status"] == row.exit_status);
            CHECK(!report["reason"].get<std::string>().empty());
            CHECK(report["serial"].get<std::string>().size() <= 100);
        }
    }
}

TEST_CASE("a VMM that gives up has failed, and its last words are the reason") {
    const Folder folder;
    write_scenario(folder, triple_fault());
    std::string text = slurp(folder.path() / "mine/scenario.toml");
    text.replace(text.find("[\"native\"]"), 10, "[\"native\", \"trap-and-emulate\"]");
    folder.write("mine/scenario.toml", text);
    const Ran ran =
        invoke(folder, {"run", "mine", "--technique", "trap-and-emulate", "--report", "json"});
    CHECK(ran.status == 1);
    const json report = report_of(ran);
    CHECK(report["outcome"] == "failed");
    CHECK(report["reason"].get<std::string>().find("triple fault") != std::string::npos);
}

TEST_CASE("what is not modelled is named") {
    const Folder folder;
    write_scenario(folder, unmodelled());
    const Ran ran = invoke(folder, {"run", "mine", "--report", "json"});
    CHECK(report_of(ran)["reason"].get<std::string>().find("fldpi") != std::string::npos);
}

TEST_CASE("a check that does not hold is named and gives status 1") {
    const Folder folder;
    write_scenario(folder, hello(), "[[check]]\nserial_contains = \"bye\"\n");
    const Ran ran = invoke(folder, {"run", "mine"});
    CHECK(ran.status == 1);
    CHECK(ran.out.find("does not contain \"bye\"") != std::string::npos);
}

TEST_CASE("a scenario with a mistake in it is one sentence with its place") {
    const Folder folder;
    write_scenario(folder, hello(), "defins = []\n");
    Ran ran = invoke(folder, {"run", "mine"});
    CHECK(ran.status == 2);
    CHECK(ran.out.empty());
    CHECK(ran.err.find("scenario.toml:7:1: unknown key \"guest.defins\"") != std::string::npos);
    CHECK(ran.err.find("did you mean \"defines\"?") != std::string::npos);

    write_scenario(folder, "bits 32\nstart: movv eax, 1\n");
    ran = invoke(folder, {"compare", "mine"});
    CHECK(ran.status == 2);
    CHECK(ran.err.find("guest.asm:2:8") != std::string::npos);
}

TEST_CASE("popf: native sees the flag, trap-and-emulate is wrong in the declared way") {
    const Folder folder;
    const Ran ran = invoke(
        folder, {"compare", "popf", "--techniques", "native,trap-and-emulate", "--report", "json"});
    CHECK_MESSAGE(ran.status == 0, ran.err);
    const json report = report_of(ran);
    REQUIRE(report["runs"].size() == 2);
    for (const json& run : report["runs"]) {
        CAPTURE(run["technique"].get<std::string>());
        CHECK(run["outcome"] == "completed");
        CHECK(run["exit_status"] == 1);
        unsigned long sum = 0;
        for (const auto& [world, cycles] : run["cycles_by"].items())
            sum += cycles.get<unsigned long>();
        CHECK(sum == run["cycles"].get<unsigned long>());
    }
    const json& native = report["runs"][0];
    CHECK(native["equivalent"] == true);
    CHECK(native["cycles_by"]["vmm"] == 0);
    CHECK(native["ring_crossings"] == 0);
    CHECK(native["silent_sensitive"].empty());
    const json& deprivileged = report["runs"][1];
    CHECK(deprivileged["equivalent"] == false);
    CHECK(deprivileged["ring_crossings"].get<int>() > 0);
    CHECK(deprivileged["vm_exits"] == 0);
    const json& broken = deprivileged["first_difference"]["broken_by"];
    REQUIRE(broken.is_object());
    CHECK(broken["file"].get<std::string>().ends_with("popf.asm"));
    CHECK(std::any_of(
        deprivileged["silent_sensitive"].begin(), deprivileged["silent_sensitive"].end(),
        [](const json& one) { return one["mnemonic"] == "popf" && one["wrong"].get<int>() > 0; }));
}

TEST_CASE("a run can be stopped at an instruction, a cycle or an event") {
    struct Row {
        const char* until;
        int status;
        const char* words;
    };
    const Row rows[] = {
        {"instruction:1000", 0, "limit of 1000 instructions"},
        {"cycle:5000", 0, "limit of 5000 cycles"},
        {"event:guest.start", 0, "instructions"},
        {"event:RingChange", 0, "instructions"},
        {"event:guest.strat", 2, "did you mean \"guest.start\"?"},
        {"instruction:", 2, "--until takes"},
        {"instruction:-1", 2, "--until takes"},
        {"1000", 2, "--until takes"},
        {"second:1", 2, "--until takes"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.until);
        const Folder folder;
        const Ran ran = invoke(
            folder, {"run", "popf", "--technique", "trap-and-emulate", "--until", row.until});
        CHECK(ran.status == row.status);
        CHECK_MESSAGE((row.status ? ran.err : ran.out).find(row.words) != std::string::npos,
                      ran.err);
    }
}

TEST_CASE("the same run gives the same report, byte for byte") {
    const Folder folder;
    const std::vector<std::string> arguments{"run",      "popf", "--technique", "trap-and-emulate",
                                             "--report", "json"};
    const Ran first = invoke(folder, arguments);
    const Ran second = invoke(folder, arguments);
    CHECK(!first.out.empty());
    CHECK(first.out == second.out);
}

TEST_CASE("build writes the images whole, and boot runs them to the same end") {
    const Folder folder;
    const Ran built =
        invoke(folder, {"build", "popf", "--technique", "trap-and-emulate", "-o", "images"});
    REQUIRE_MESSAGE(built.status == 0, built.err);
    CHECK(built.out.find("-kernel images/trap-and-emulate.elf -initrd images/popf.elf") !=
          std::string::npos);
    const Ran booted =
        invoke(folder, {"boot", "images/trap-and-emulate.elf", "--module", "images/popf.elf"});
    CHECK(booted.status == 1);
    const Ran ran =
        invoke(folder, {"run", "popf", "--technique", "trap-and-emulate", "--report", "json"});
    CHECK(booted.out == report_of(ran)["serial"].get<std::string>());
}

TEST_CASE("words for guests and VMMs reach QEMU's command line as they reach the programs here") {
    const Folder folder;
    const Ran built = invoke(folder, {"build", "ringlet-stress", "--technique", "vt-x", "-o", "out",
                                      "--vmm-options", "paging=shadow"});
    CHECK(built.status == 0);
    CHECK(built.out.find(" -kernel out/vt-x.elf -append paging=shadow "
                         "-initrd 'out/ringlet-stress.elf stress'\n") != std::string::npos);
    const Ran native =
        invoke(folder, {"build", "ringlet", "-o", "out", "--guest-options", "a, b's"});
    CHECK(native.out.find(" -kernel out/ringlet.elf -append 'a, b'\\''s'\n") != std::string::npos);

    // The same guest with the word given by hand, and without it.
    const auto serial = [&folder](const std::vector<std::string>& arguments) {
        const Ran ran = invoke(folder, arguments);
        const json report = json::parse(ran.out, nullptr, false);
        REQUIRE_MESSAGE(!report.is_discarded(), ran.err);
        return report["serial"].get<std::string>();
    };
    for (const std::string technique : {"native", "trap-and-emulate", "vt-x"}) {
        CAPTURE(technique);
        const std::string stressed = serial({"run", "ringlet", "--technique", technique, "--report",
                                             "json", "--guest-options", "fast stress"});
        CHECK(stressed.find("\nstress: ") != std::string::npos);
        const std::string calm = serial({"run", "ringlet-stress", "--technique", technique,
                                         "--report", "json", "--guest-options", "stressed"});
        CHECK(calm.find("\nstress: ") == std::string::npos);
    }
}
