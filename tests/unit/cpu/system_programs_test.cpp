// The system programs on Ringside: every check ends as the golden text says, which Bochs shares
// (tests/peers).
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/machine/flat_machine.hpp"

using namespace ringside;

namespace {

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

/// The program as a Multiboot loader leaves it.
machine::Machine loaded(const std::string& path) {
    assembler::Options options;
    options.include = assembler::files_below({"tests/system", "scenarios/guests"});
    const assembler::Outcome outcome = assembler::assemble({path, text_of(path)}, options);
    for (const Diagnostic& d : outcome.diagnostics) MESSAGE(d.text());
    REQUIRE(outcome.ok());
    machine::Machine m;
    for (const assembler::Section& s : outcome.assembly->sections)
        if (s.alloc && !s.bytes.empty()) m.poke({s.address}, s.bytes);
    m.enter_multiboot(u32(outcome.assembly->entry), 0);
    return m;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

namespace {

/// tests/system/NAME.asm against tests/golden/system/NAME.txt.
void check_program(const std::string& name, size_t checks) {
    CAPTURE(name);
    machine::Machine m = loaded("tests/system/" + name + ".asm");
    machine::Limits limits;
    limits.instructions = 5'000'000;
    const machine::Stop stop = machine::run(m, limits, {});
    CAPTURE(stop.what);
    CHECK(stop.reason == machine::Stop::DebugExit);
    const auto here = lines_of(m.board.serial_output()),
               golden = lines_of(text_of("tests/golden/system/" + name + ".txt"));
    REQUIRE(golden.size() > checks);
    for (size_t n = 0; n < golden.size() && n < here.size(); ++n) CHECK(here[n] == golden[n]);
    CHECK(here.size() == golden.size());
}

}  // namespace

TEST_CASE("every check of the system programs ends as the golden text says") {
    check_program("system", 200);
    check_program("memory", 75);
}

TEST_CASE("a triple fault shuts the machine down, and nothing runs any more") {
    machine::Machine m = loaded("tests/system/triple_fault.asm");
    machine::Limits limits;
    limits.instructions = 100'000;
    CHECK(machine::run(m, limits, {}).reason == machine::Stop::Shutdown);
    CHECK(m.board.serial_output() == "the last line\n");
    const machine::Machine before = m;
    CHECK(machine::run(m, limits, {}).reason == machine::Stop::Shutdown);
    CHECK(m == before);
}
