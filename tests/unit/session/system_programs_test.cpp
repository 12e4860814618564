// The system programs on Ringside: every check ends as the golden text says, which Bochs shares.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "sim/asm/assembler.hpp"
#include "sim/session/run_image.hpp"

using namespace ringside;

namespace {

std::string text_of(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<u8> assembled(const char* path) {
    assembler::Options options;
    options.include = assembler::files_below({"tests/system", "scenarios/guests"});
    const assembler::Outcome outcome = assembler::assemble({path, text_of(path)}, options);
    for (const Diagnostic& d : outcome.diagnostics) MESSAGE(d.text());
    REQUIRE(outcome.ok());
    return outcome.assembly->bytes;
}

std::string serial_of(machine::Machine& m) {
    std::string serial;
    session::run_image(m, 50'000'000, [&](std::string_view text) { serial += text; });
    return serial;
}

}  // namespace

TEST_CASE("every check of the system programs ends as the golden text says") {
    const std::vector<u8> bytes = assembled("tests/system/system.asm");
    auto m = session::load_image(bytes, "system.elf", {}, {});
    REQUIRE(m.ok());
    CHECK(serial_of(*m) == text_of("tests/golden/system.txt"));
}
