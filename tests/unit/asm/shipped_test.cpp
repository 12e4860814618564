// Every guest that is shipped assembles under NASM too, and to the same program.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

#include "sim/asm/assembler.hpp"
#include "tests/unit/asm/nasm.hpp"
#include "tests/unit/asm/object.hpp"

using namespace ringside;
namespace fs = std::filesystem;

namespace {

const std::string guests = "scenarios/guests";

std::vector<std::string> sources() {
    std::vector<std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(guests))
        if (entry.path().extension() == ".asm") out.push_back(entry.path().generic_string());
    std::sort(out.begin(), out.end());
    return out;
}

/// What the source can be told with -D: the names that it asks for by %ifdef.
std::set<std::string> variants(const std::string& path) {
    std::set<std::string> out = {""};
    const std::regex condition("%ifn?def +([A-Z_0-9]+)");
    for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path())) {
        if (entry.path().extension() != ".asm" && entry.path().extension() != ".inc") continue;
        const std::string text = testing::read_file(entry.path().string());
        for (std::sregex_iterator m(text.begin(), text.end(), condition), end; m != end; ++m)
            out.insert((*m)[1]);
    }
    return out;
}

void compare(const std::string& path, const std::string& variant) {
    assembler::Options options;
    options.include = assembler::files_below({fs::path(path).parent_path().string(), guests});
    std::vector<std::string> arguments = {"-I" + guests + "/",
                                          "-I" + fs::path(path).parent_path().string() + "/"};
    if (!variant.empty()) {
        options.defines = {{variant, ""}};
        arguments.push_back("-D" + variant);
    }
    const auto outcome = assembler::assemble({path, testing::read_file(path)}, options);
    for (const Diagnostic& d : outcome.diagnostics) FAIL_CHECK(d.text());
    REQUIRE(outcome.ok());
    std::map<std::string, u64> addresses;
    for (const auto& s : outcome.assembly->sections) addresses[s.name] = s.address;
    const auto theirs =
        testing::linked_sections(testing::nasm(path, "elf32", arguments), addresses);
    size_t code = 0;
    for (const auto& ours : outcome.assembly->sections) {
        if (ours.nobits || ours.bytes.empty()) continue;
        INFO("section ", ours.name);
        REQUIRE(theirs.contains(ours.name));
        const std::vector<u8>& expected = theirs.at(ours.name);
        CHECK(ours.bytes.size() == expected.size());
        if (!ours.exec) {
            CHECK(ours.bytes == expected);
            continue;
        }
        code += ours.bytes.size();
        if (const auto d = testing::first_difference(ours.bytes, expected, 32))
            FAIL_CHECK("offset " << d->ours << ": " << d->what);
    }
    CHECK(code > 0);
}

}  // namespace

TEST_CASE("every shipped guest is the same program under NASM") {
    const auto all = sources();
    REQUIRE(all.size() > 10);
    for (const std::string& path : all)
        for (const std::string& variant : variants(path)) {
            SUBCASE((path + " " + variant).c_str()) { CHECK_NOTHROW(compare(path, variant)); }
        }
}

TEST_CASE("the comparison of guests finds a wrong byte of data and a wrong address") {
    const std::string text = "section .text\nmov eax, [a]\nsection .data\ndd 5\na: dd a\n";
    const std::map<std::string, u64> right = {{".text", 0x100000}, {".data", 0x101000}};
    const auto object = testing::nasm_text("bits 32\n" + text, "elf32");
    const auto outcome = assembler::assemble({"a.asm", text}, {});
    REQUIRE(outcome.ok());
    const auto& sections = outcome.assembly->sections;
    CHECK(testing::linked_sections(object, right).at(".data") == sections[1].bytes);
    CHECK(testing::linked_sections(object, right).at(".text") == sections[0].bytes);
    const auto moved = testing::linked_sections(object, {{".text", 0x100000}, {".data", 0x102000}});
    CHECK(moved.at(".data") != sections[1].bytes);
    CHECK(testing::first_difference(sections[0].bytes, moved.at(".text"), 32).has_value());
}
