// The command line itself: help, unknown words, statuses.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/cli/program.hpp"

using namespace ringside::test;

TEST_CASE("every command explains itself with an example") {
    const Folder folder;
    for (const char* command :
         {"", "list", "run", "compare", "boot", "build", "asm", "disasm", "isa"}) {
        CAPTURE(command);
        std::vector<std::string> arguments;
        if (*command) arguments.push_back(command);
        arguments.push_back("--help");
        const Ran ran = invoke(folder, arguments);
        CHECK(ran.status == 0);
        CHECK(ran.err.empty());
        CHECK(ran.out.find("Example") != std::string::npos);
        CHECK(ran.out.find("ringside " + std::string(command)) != std::string::npos);
    }
}

TEST_CASE("bad usage is one sentence on stderr and status 2") {
    struct Row {
        std::vector<std::string> arguments;
        const char* message;
        const char* hint;
    };
    const Row rows[] = {
        {{}, "", "ringside --help"},
        {{"lst"}, "there is no command \"lst\"", "did you mean \"list\"?"},
        {{"compar", "popf"}, "there is no command \"compar\"", "did you mean \"compare\"?"},
        {{"list", "extra"}, "unexpected argument \"extra\"", ""},
        {{"run", "popf", "--techniqe", "native"},
         "unexpected argument \"--techniqe\"",
         "did you mean \"--technique\"?"},
        {{"run"}, "SCENARIO", ""},
        {{"asm", "x.asm"}, "--output", ""},
        {{"asm", "x.asm", "-o", "x", "-f", "coff"}, "coff", ""},
        {{"boot"}, "IMAGE", ""},
        {{"run", "pop", "--technique", "native"},
         "there is no scenario \"pop\"",
         "did you mean \"popf\"?"},
        {{"compare", "popff"}, "there is no scenario \"popff\"", "did you mean \"popf\"?"},
        {{"run", "popf", "--technique", "vtx"},
         "there is no technique \"vtx\"",
         "did you mean \"vt-x\"?"},
        {{"compare", "popf", "--techniques", "native,paravirtal"},
         "there is no technique \"paravirtal\"",
         "did you mean \"paravirtual\"?"},
        {{"run", "popf", "--report", "xml"}, "xml", ""},
        {{"run", "popf", "--cpu", "presscott"}, "presscott", ""},
        {{"boot", "nowhere.elf"}, "nowhere.elf", ""},
        {{"asm", "nowhere.asm", "-o", "x.elf"}, "nowhere.asm", ""},
        {{"disasm", "nowhere.elf"}, "nowhere.elf", ""},
        {{"boot", "."}, "is a folder", ""},
        {{"boot", ""}, "\"\": cannot be read", ""},
        {{"boot", "/dev/zero"}, "is larger than", ""},
        {{"asm", "/dev/zero", "-o", "x.elf"}, "is larger than", ""},
        {{"disasm", "/dev/zero"}, "is larger than", ""},
        {{"asm", "/dev/null", "-o", ""}, "\"\": cannot be written", ""},
        {{"boot", "x.elf", "--max-instructions", "-1"}, "\"-1\" is not a whole number", ""},
        {{"boot", "x.elf", "--max-instructions", "99999999999999999999"},
         "is not a whole number",
         "ringside boot --help"},
        {{"asm", "x.asm", "-o", "x", "--origin", "-1"}, "\"-1\" is not a whole number", ""},
        {{"build", "popf", "--technique", "native", "-o", "/proc/nowhere"}, "/proc/nowhere", ""},
        {{"run", "popf", "--vmm-options", "x"}, "options for the VMM, and no run has one", ""},
        {{"compare", "popf", "--techniques", "native", "--vmm-options", "x"},
         "options for the VMM, and no run has one",
         ""},
        {{"build", "popf", "--vmm-options", "x", "-o", "x"},
         "options for the VMM, and under \"native\" there is none",
         ""},
        {{"run", "popf", "--technique", "vt-x", "--vmm-options", "a\nb"}, "printable ASCII", ""},
        {{"run", "popf", "--guest-options", "a\tb"}, "printable ASCII", ""},
        {{"run", "popf", "--guest-options", "a", "--guest-options", "b"},
         "options for 2 guests, and the scenario has 1",
         ""},
        {{"run", "popf", "--guest", "popf"}, "--guest goes with --until", ""},
        {{"run", "popf", "--until", "cycle:9", "--guest", "popp"},
         "the scenario has no guest \"popp\"",
         "did you mean \"popf\"?"},
        {{"boot", "x.elf", "--module-options", "a"}, "more --module-options than modules", ""},
        {{"boot", "x.elf", "--options", "a\nb"}, "printable ASCII", ""},
        {{"boot", "--disk", "x.img", "--options", "a"}, "--options goes with", ""},
    };
    const Folder folder;
    for (const Row& row : rows) {
        std::string line;
        for (const std::string& one : row.arguments) line += one + " ";
        CAPTURE(line);
        const Ran ran = invoke(folder, row.arguments);
        CHECK(ran.status == 2);
        CHECK(ran.out.empty());
        CHECK(ran.err.starts_with("ringside: "));
        CHECK_MESSAGE(std::count(ran.err.begin(), ran.err.end(), '\n') == 1, ran.err);
        CHECK_MESSAGE(ran.err.find(row.message) != std::string::npos, ran.err);
        CHECK_MESSAGE(ran.err.find(row.hint) != std::string::npos, ran.err);
        CHECK(folder.names().empty());
    }
}

TEST_CASE("output that cannot be written is no success") {
    const Folder folder;
    const std::string line = quoted(program().string()) + " list > /dev/full 2> " +
                             quoted((folder.path() / "err").string());
    CHECK(WEXITSTATUS(std::system(line.c_str())) == 2);
    CHECK(slurp(folder.path() / "err").starts_with("ringside: stdout: cannot be written"));
}

TEST_CASE("list prints one line for each scenario: name, kind, title") {
    const Folder folder;
    const Ran ran = invoke(folder, {"list"});
    CHECK(ran.status == 0);
    CHECK(ran.err.empty());
    CHECK(ran.out.find("\npopf lesson ") != std::string::npos);
    CHECK(ran.out.back() == '\n');
}
