// The program on IA-32e mode, assembled and booted, says what it says on QEMU
// (tests/peers/qemu_long_mode_test.cpp).
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"

using namespace ringside::test;

TEST_CASE("the program on IA-32e mode gives its golden text") {
    const Folder folder;
    const fs::path root = fs::current_path();
    const Ran assembled =
        invoke(folder, {"asm", (root / "tests/system/long_mode.asm").string(), "-I",
                        (root / "scenarios/guests").string(), "-o", "long_mode.elf"});
    REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
    const Ran ran = invoke(folder, {"boot", "long_mode.elf"});
    CHECK_MESSAGE(ran.status == 1, ran.err);
    CHECK(ran.out == slurp(root / "tests/golden/system/long_mode.txt"));
}
