// The system programs on Bochs: protection, gates, tasks, virtual-8086 mode, debugging, paging and
// faults on the way to faults end there as the golden text says, check by check.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/bochs.hpp"
#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

}  // namespace

TEST_CASE("every check of the system programs ends on Bochs as the golden text says") {
    const std::string missing =
        missing_program({"bochs", "grub-mkrescue", "xorriso", "mformat", "nasm", "ld.lld"});
    if (!missing.empty()) {
        std::printf("SKIPPED %s is not installed\n", missing.c_str());
        return;
    }
    const WorkFolder folder;
    for (const std::string name : {"system", "memory"}) {
        CAPTURE(name);
        const fs::path image = folder.path() / (name + ".elf");
        std::string messages;
        REQUIRE_MESSAGE(build_guest("tests/system/" + name + ".asm", {}, image, messages),
                        messages);
        const std::string expected = read_file("tests/golden/system/" + name + ".txt");
        REQUIRE(expected.find("wrong 0") != std::string::npos);
        CHECK(run_bochs(image, image, expected, 240) == expected);
    }
}

TEST_CASE("the program on IA-32e mode gives its golden text on Bochs") {
    const std::string missing =
        missing_program({"bochs", "grub-mkrescue", "xorriso", "mformat", "nasm", "ld.lld"});
    if (!missing.empty()) {
        std::printf("SKIPPED %s is not installed\n", missing.c_str());
        return;
    }
    const WorkFolder folder;
    const fs::path image = folder.path() / "long_mode.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest("tests/system/long_mode.asm", {}, image, messages), messages);
    const BochsSerial expected{read_file("tests/golden/system/long_mode.txt"), ""};
    REQUIRE(!expected.com1.empty());
    CHECK(run_bochs({image, "", {}, "corei7_icelake_u"}, expected, 120).com1 == expected.com1);
}
