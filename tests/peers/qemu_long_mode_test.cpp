// The program on IA-32e mode says on QEMU what Ringside says (tests/cli/long_mode_test.cpp).
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/qemu.hpp"

using namespace ringside::peers;

TEST_CASE("the program on IA-32e mode gives its golden text on QEMU") {
    const std::string missing =
        missing_program({"nasm", "ld.lld", "qemu-system-x86_64", "timeout"});
    if (!missing.empty()) {
        std::printf("SKIPPED %s is not installed\n", missing.c_str());
        return;
    }
    const WorkFolder folder;
    const auto image = folder.path() / "long_mode.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest("tests/system/long_mode.asm", {}, image, messages), messages);
    const QemuRun run = run_qemu64(image);
    CHECK(run.serial == read_file("tests/golden/system/long_mode.txt"));
    CHECK(run.status == 1);
}
