// Three faults on QEMU end it as they end Ringside (tests/unit/cpu/system_programs_test.cpp).
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/qemu.hpp"

using namespace ringside::peers;

TEST_CASE("a triple fault ends QEMU too, after the same output") {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) {
        std::printf("SKIPPED %s is not installed\n", missing.c_str());
        return;
    }
    const WorkFolder folder;
    const auto image = folder.path() / "triple_fault.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest("tests/system/triple_fault.asm", {}, image, messages), messages);
    const QemuRun run = run_qemu(image);
    CHECK(run.serial == "the last line\n");
    CHECK(run.status == 0);  // neither a debug exit nor the time limit
}
