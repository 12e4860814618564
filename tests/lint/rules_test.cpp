// The repository keeps its rules, and each rule catches what it is there to catch.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/lint/rules.hpp"

using namespace ringside::lint;

namespace {
using Rule = Violations (*)(const File&);

void check_repository(Rule rule) {
    const auto files = repository();
    // The rules must have seen the sources, not an empty folder.
    REQUIRE(
        std::ranges::any_of(files, [](const File& f) { return f.path == "sim/base/types.hpp"; }));
    REQUIRE(std::ranges::any_of(files, [](const File& f) { return f.path == "CMakeLists.txt"; }));
    for (const File& file : files)
        for (const std::string& violation : rule(file)) FAIL_CHECK(violation);
}

struct Row {
    const char* path;
    std::string text;
    bool caught;
};
void check_rows(Rule rule, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.path);
        CAPTURE(row.text);
        const Violations found = rule({row.path, "// first line\n" + row.text + "\n"});
        CHECK(found.size() == (row.caught ? 1 : 0));
        if (!found.empty()) CHECK(found[0].starts_with(std::string(row.path) + ":2: "));
    }
}
// Planted text is put together from pieces where these very files would break the rule.
const std::string home = "/ho", up = "..";
}  // namespace

TEST_CASE("an include points only downward and starts at the root") {
    check_repository(upward_includes);
}

TEST_CASE("the include rule catches an upward include") {
    check_rows(upward_includes,
               {
                   {"sim/mem/ram.hpp", "#include \"sim/cpu/state.hpp\"", true},
                   {"sim/mem/ram.hpp", "#include \"sim/trace/event.hpp\"", false},
                   {"sim/mem/ram.hpp", "#include \"sim/mem/walk.hpp\"", false},
                   {"sim/mem/ram.hpp", "  #  include \"sim/decode/insn.hpp\"", true},
                   {"sim/base/bits.hpp", "#include \"sim/isa/flags.hpp\"", true},
                   {"sim/isa/flags.hpp", "#include \"sim/trace/event.hpp\"", true},
                   {"sim/dev/pit.hpp", "#include \"sim/decode/insn.hpp\"", true},
                   {"sim/timing/profile.hpp", "#include \"sim/cpu/state.hpp\"", true},
                   {"sim/cpu/exec.hpp", "#include \"sim/machine/machine.hpp\"", true},
                   {"sim/cpu/vmx/enter.hpp", "#include \"sim/timing/none.hpp\"", false},
                   {"sim/asm/lexer.hpp", "#include \"sim/image/image.hpp\"", true},
                   {"sim/image/elf.hpp", "#include \"sim/mem/ram.hpp\"", true},
                   {"sim/session/run.hpp", "#include \"sim/cli/command.hpp\"", true},
                   {"ui/view/log.hpp", "#include \"ui/widgets/ring.hpp\"", true},
                   {"ui/widgets/ring.hpp", "#include \"sim/session/run.hpp\"", true},
                   {"ui/panels/log.hpp", "#include \"ui/app/app.hpp\"", true},
                   {"ui/panels/log.hpp", "#include \"sim/cpu/state.hpp\"", true},
                   {"ui/app/app.cpp", "#include \"ui/panels/log.hpp\"", false},
                   {"scenarios/vmms/x/main.cpp", "#include \"sim/base/digest.hpp\"", true},
                   {"sim/dev/pit.cpp", "#include \"pit.hpp\"", true},
                   {"sim/new/thing.cpp", "#include \"sim/base/types.hpp\"", true},
                   {"sim/dev/pit.cpp", "#include <vector>", false},
               });
}

TEST_CASE("what runs inside the machine is freestanding") { check_repository(hosted_includes); }

TEST_CASE("the freestanding rule catches a library header") {
    check_rows(hosted_includes, {
                                    {"sim/isa/flags.hpp", "#include <array>", true},
                                    {"sim/isa/flags.hpp", "#include <stdint.h>", false},
                                    {"sim/isa/flags.hpp", "#include \"sim/base/result.hpp\"", true},
                                    {"sim/base/types.hpp", "#include <cstdint>", true},
                                    {"sim/base/bits.hpp", "#include <bit>", true},
                                    {"sim/base/digest.hpp", "#include <string>", false},
                                    {"scenarios/vmms/common/host.hpp", "#include <string.h>", true},
                                });
}

TEST_CASE("Zydis is named only in the decoder and the assembler") { check_repository(stray_zydis); }

TEST_CASE("the Zydis rule catches its name elsewhere") {
    check_rows(stray_zydis, {
                                {"sim/cpu/exec.cpp", "#include <Zydis/Zydis.h>", true},
                                {"ui/view/code.cpp", "ZydisDecoder decoder;", true},
                                {"sim/decode/decoder.cpp", "#include <Zydis/Zydis.h>", false},
                                {"sim/asm/encoder.cpp", "ZydisEncoderRequest request;", false},
                            });
}

TEST_CASE("no path leaves the repository") { check_repository(leaving_paths); }

TEST_CASE("the path rule catches a path that leaves") {
    check_rows(leaving_paths,
               {
                   {"tests/a_test.cpp", "open(\"" + home + "me/someone/x\")", true},
                   {"tests/a_test.cpp", "open(\"" + std::string("/wo") + "rk/main\")", true},
                   {"run.sh", "cp " + up + "/figures/x .", true},
                   {"sim/CMakeLists.txt", "include(${CMAKE_SOURCE_DIR}/" + up + "/x.cmake)", true},
                   {"scenarios/vmms/x/CMakeLists.txt",
                    "include(${CMAKE_CURRENT_SOURCE_DIR}/" + up + "/common/common.cmake)", false},
                   {"scenarios/a/scenario.toml", "source = \"" + up + "/b/b.asm\"", false},
                   {"scenarios/a/scenario.toml",
                    "source = \"" + up + "/" + up + "/" + up + "/b.asm\"", true},
                   {"tests/figures_test.cpp",
                    "read(\"" + std::string("share") + "d/data/figures.csv\")", true},
                   {"sim/CMakeLists.txt", "install(FILES x DESTINATION share/ringside)", false},
                   {"sim/dev/uart.hpp", "std::shared_ptr<int> p; // and/or ... this", false},
               });
}

TEST_CASE("the core does not know the techniques") { check_repository(technique_names); }

TEST_CASE("the technique rule catches their names in the core") {
    check_rows(technique_names,
               {
                   {"sim/cpu/exec.cpp", "if (binary_translation) {}", true},
                   {"sim/cpu/exec.cpp", "// for Trap-and-Emulate", true},
                   {"sim/machine/run.cpp", "bool paravirtual;", true},
                   {"sim/dev/board.cpp", "BinaryTranslation t;", true},
                   {"sim/dev/board.cpp", "// a trap, and the emulated port", false},
                   {"sim/session/run.cpp", "if (name == \"paravirtual\") {}", false},
               });
}
