// ringside isa: the table that the core runs by, as people and programs read it.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "sim/cpu/ops/binding.hpp"
#include "tests/cli/program.hpp"

using namespace ringside;
using namespace ringside::test;

TEST_CASE("isa lists every instruction that has a body, as its row says") {
    const Folder folder;
    const Ran text = invoke(folder, {"isa"}), json = invoke(folder, {"isa", "--report", "json"});
    CHECK(text.status == 0);
    REQUIRE(json.status == 0);
    const auto parsed = nlohmann::json::parse(json.out);
    std::set<std::string> told;
    for (const auto& one : parsed["instructions"]) told.insert(one["instruction"]);
    size_t bodies = 0;
    for (const isa::InstructionRow& row : isa::rows_detail::table) {
        CAPTURE(row.name);
        CHECK(told.contains(row.name) == cpu::ops::has_body(row.op));
        if (!cpu::ops::has_body(row.op)) continue;
        ++bodies;
        CHECK(text.out.find("\n" + std::string(row.name) + " ") != std::string::npos);
    }
    CHECK(parsed["instructions"].size() == bodies);
}

TEST_CASE("isa says modes, privilege, class and exit of single instructions") {
    struct Row {
        const char *instruction, *modes;
        int cpl;
        const char *kind, *leaves;
    };
    const Row rows[] = {
        {"add", "real v8086 protected 64-bit ", 3, "innocuous", "never"},
        {"popf", "real v8086 protected 64-bit ", 3, "control- and behaviour-sensitive", "never"},
        {"hlt", "real v8086 protected 64-bit ", 0, "privileged", "with \"HLT exiting\""},
        {"cpuid", "real v8086 protected 64-bit ", 3, "behaviour-sensitive", "always"},
        {"aaa", "real v8086 protected ", 3, "innocuous", "never"},
        {"cqo", "64-bit ", 3, "innocuous", "never"},
        {"pdep", "protected 64-bit ", 3, "innocuous", "never"},
        {"rdmsr", "real v8086 protected 64-bit ", 0, "privileged", "by operand, mask or bitmap"},
    };
    const Folder folder;
    const auto parsed = nlohmann::json::parse(invoke(folder, {"isa", "--report", "json"}).out);
    for (const Row& row : rows) {
        CAPTURE(row.instruction);
        bool found = false;
        for (const auto& one : parsed["instructions"]) {
            if (one["instruction"] != row.instruction) continue;
            found = true;
            std::string modes;
            for (const std::string mode : one["modes"]) modes += mode + " ";
            CHECK(modes == row.modes);
            CHECK(one["highest_cpl"] == row.cpl);
            CHECK(one["class"] == row.kind);
            CHECK(one["leaves_vmx_guest"] == row.leaves);
        }
        CHECK(found);
    }
}
