// The program on IA-32e mode says on QEMU what Ringside says (tests/cli/long_mode_test.cpp), and so
// does every 64-bit guest.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/qemu.hpp"

using namespace ringside::peers;

namespace {

bool can_run() {
    const std::string missing =
        missing_program({"nasm", "ld.lld", "qemu-system-x86_64", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

void check(const std::filesystem::path& source, const std::filesystem::path& golden) {
    const WorkFolder folder;
    const auto image = folder.path() / "guest.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, {}, image, messages), messages);
    const QemuRun run = run_qemu64(image);
    CHECK(!run.serial.empty());
    CHECK(run.serial == read_file(golden));
    CHECK(run.status == 1);
}

}  // namespace

TEST_CASE("the program on IA-32e mode gives its golden text on QEMU") {
    if (can_run()) check("tests/system/long_mode.asm", "tests/golden/system/long_mode.txt");
}

TEST_CASE("every 64-bit guest has its golden text and gives it on QEMU") {
    REQUIRE(guest_names_64().size() >= 2);
    if (!can_run()) return;
    for (const std::string& name : guest_names_64()) {
        CAPTURE(name);
        check(std::filesystem::path("scenarios/guests") / name / (name + ".asm"),
              "tests/golden/serial/" + name + ".txt");
    }
}
