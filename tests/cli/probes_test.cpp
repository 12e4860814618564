// The probes against the table of sensitive instructions: every row is probed, and
// trap-and-emulate gets exactly those wrong that the table says it cannot see.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/cli/program.hpp"

using namespace ringside::test;
using nlohmann::json;

namespace {

const fs::path probes = "scenarios/guests/probes", probes_64 = "scenarios/guests/probes-64";

using Cells = std::vector<std::string>;

/// One line of a CSV file, of which no cell holds a line break.
Cells cells_of(const std::string& line) {
    Cells out{""};
    bool quoted_cell = false;
    for (const char c : line) {
        if (c == '"')
            quoted_cell = !quoted_cell;
        else if (c == ',' && !quoted_cell)
            out.emplace_back();
        else
            out.back() += c;
    }
    return out;
}

/// Rows as columns by name.
std::vector<std::map<std::string, std::string>> csv(const fs::path& file) {
    std::istringstream lines(slurp(file));
    std::string line;
    std::getline(lines, line);
    const Cells names = cells_of(line);
    std::vector<std::map<std::string, std::string>> out;
    while (std::getline(lines, line)) {
        const Cells cells = cells_of(line);
        REQUIRE_MESSAGE(cells.size() == names.size(), line);
        out.emplace_back();
        for (size_t i = 0; i < names.size(); ++i) out.back()[names[i]] = cells[i];
    }
    return out;
}

/// How a row of the table is called: mnemonic and form, without remarks in brackets.
std::string key_of(const std::map<std::string, std::string>& row) {
    const std::string& form = row.at("form");
    std::string key = row.at("mnemonic");
    if (!form.empty() && form[0] != '(') key += " " + form.substr(0, form.find(" ("));
    return key;
}

/// The table's column on trap-and-emulate, by key.
std::map<std::string, std::string> documented() {
    std::map<std::string, std::string> out;
    for (const auto& row : csv("assets/figures/sensitive-instructions.csv")) {
        CHECK_MESSAGE(!out.contains(key_of(row)), key_of(row));
        out[key_of(row)] = row.at("trap_and_emulate");
    }
    return out;
}

/// The probes in their sources, `ROW name, "key"` and the like: key by name.
std::map<std::string, std::string> probed(const fs::path& folder = probes) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".inc") continue;
        std::istringstream lines(slurp(entry.path()));
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("ROW")) continue;
            const size_t space = line.find(' '), comma = line.find(','), quote = line.find('"');
            if (quote == std::string::npos) continue;
            const std::string macro = line.substr(0, space);
            const std::string name = macro == "ROW_PUSH"   ? "push_"
                                     : macro == "ROW_POP"  ? "pop_"
                                     : macro == "ROW_LOAD" ? "l"
                                                           : "";
            out[name + line.substr(space + 1, comma - space - 1)] =
                line.substr(quote + 1, line.find('"', quote + 1) - quote - 1);
        }
    }
    return out;
}

json run_probes(const std::vector<std::string>& more, const std::string& scenario = "probes") {
    const Folder folder;
    std::vector<std::string> arguments{"run", scenario, "--report", "json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ran ran = invoke(folder, arguments);
    const json report = json::parse(ran.out, nullptr, false);
    REQUIRE_MESSAGE(!report.is_discarded(), ran.err);
    return report;
}

std::map<std::string, unsigned long> observations(const json& report) {
    std::map<std::string, unsigned long> out;
    for (const json& one : report["observations"])
        out[one["name"].get<std::string>()] = one["value"].get<unsigned long>();
    return out;
}

constexpr unsigned long not_run = 0xffffffff;

}  // namespace

TEST_CASE("every row of the table of sensitive instructions is probed, once") {
    const auto table = documented();
    REQUIRE(table.size() == 130);
    std::map<std::string, int> found;
    for (const fs::path& folder : {probes, probes_64})
        for (const auto& [name, key] : probed(folder)) {
            CHECK_MESSAGE(table.contains(key), name << " is no row of the table: " << key);
            ++found[key];
        }
    for (const auto& [key, column] : table) CHECK_MESSAGE(found[key] == 1, key);
}

TEST_CASE("every probe of the sources runs, and one alone shows what it shows among the others") {
    const auto all = observations(run_probes({}));
    const auto sources = probed();
    CHECK(all.size() == sources.size());
    for (const auto& [name, value] : all) CHECK_MESSAGE(sources.contains(name), name);

    const std::set<std::string> some{"sgdt", "lsl", "iretd", "mov_to_cr3", "vmcall"};
    std::string words;
    for (const std::string& one : some) words += one + " ";
    for (const auto& [name, value] : observations(run_probes({"--guest-options", words})))
        CHECK_MESSAGE(value == (some.contains(name) ? all.at(name) : not_run), name);
}

TEST_CASE("every probe of 64-bit mode runs, and shows what the manual says") {
    const std::map<std::string, unsigned long> shown{
        {"pushfq", 0},         // IF, after CLI
        {"popfq", 1},          // IF
        {"iretq", 1},          // IF
        {"rdfsbase", 1},       // equal to what WRMSR wrote
        {"wrgsbase", 0x4321},  // what RDMSR reads then
        {"syscall", 7},        // return address, CS and RFLAGS are right; IF is masked
        {"sysret", 0x2b},      // IA32_STAR[63:48] + 16, RPL 3
        {"swapgs", 0x1122},    // exchanged, both ways
        {"mov_to_cr8", 5},     // what MOV from CR8 reads then
        {"mov_from_cr8", 0}};
    CHECK(observations(run_probes({}, "probes-64")) == shown);
    const auto sources = probed(probes_64);
    CHECK(sources.size() == shown.size());
    for (const auto& [name, key] : sources) CHECK_MESSAGE(shown.contains(name), name);
}

TEST_CASE("trap-and-emulate gets exactly the documented instructions wrong") {
    struct Row {
        const char* name;
        const char* reason;  ///< what the table's column begins with
    };
    const Row wrong[] = {
        {"sgdt", "silent: the guest gets the real value"},
        {"sidt", "silent: the guest gets the real value"},
        {"sldt", "silent: the guest gets the real value"},
        {"str", "silent: the guest gets the real value"},
        {"smsw", "silent: the guest gets the real value"},
        {"pushf", "silent: the guest gets the real value: after CLI the guest still sees IF = 1"},
        {"pushfd", "silent: the guest gets the real value: after CLI the guest still sees IF = 1"},
        {"popf", "silent: the virtual IF goes out of date"},
        {"popfd", "silent: the virtual IF goes out of date"},
        {"lar", "silent wrong answer"},
        {"lsl", "silent wrong answer"},
        {"verr", "silent wrong answer"},
        {"verw", "silent wrong answer"},
        {"mov_from_cs", "silent: the guest gets the real value"},
        {"mov_from_ss", "silent: the guest gets the real value"},
        {"push_cs", "silent: the guest gets the real value"},
        {"push_ss", "silent: the guest gets the real value"},
        {"call_far", "silent when the checks pass; else #GP"},
        {"call_far_m", "as the direct form"},
        {"iretd", "kernel-to-kernel frames (RPL 0) trap; kernel-to-user frames do not, and the"},
    };
    // Silent as well, but a guest cannot tell from the result of that instruction alone.
    const std::map<std::string, const char*> unseen{
        {"cpuid", "it is the real processor natively too"},
        {"xgetbv", "it is the real processor natively too"},
        {"jmp_far", "the CS with the real ring is seen by reading it, which is another row"},
    };

    const auto table = documented();
    const auto sources = probed();
    std::set<std::string> expected;
    for (const Row& row : wrong) {
        expected.insert(row.name);
        REQUIRE_MESSAGE(sources.contains(row.name), row.name);
        CHECK_MESSAGE(table.at(sources.at(row.name)).starts_with(row.reason), row.name);
    }
    for (const auto& [name, key] : sources)
        if (table.at(key).starts_with("silent"))
            CHECK_MESSAGE(expected.contains(name) + unseen.contains(name) == 1, name);

    const auto native = observations(run_probes({}));
    const json report = run_probes({"--technique", "trap-and-emulate"});
    CHECK(report["outcome"] == "completed");
    CHECK(report["as_declared"] == true);
    for (const auto& [name, value] : observations(report))
        CHECK_MESSAGE((value != native.at(name)) == expected.contains(name), name);
}

TEST_CASE("the other techniques get every probe right") {
    for (const char* technique : {"binary-translation", "vt-x"}) {
        CAPTURE(technique);
        const json report = run_probes({"--technique", technique});
        CHECK(report["equivalent"] == true);
        CHECK(report["silent_sensitive"].empty());
    }
}
