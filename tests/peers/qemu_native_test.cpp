// Every guest, built by NASM and run on QEMU, says what its golden text says.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

const fs::path guests = "scenarios/guests";
const fs::path goldens = "tests/golden/serial";

bool can_run() {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

/// `words` on its command line change what it says: then the golden text's name tells them.
void check_guest(const std::string& name, const std::vector<std::string>& defines,
                 const std::string& words = "") {
    CAPTURE(name);
    const WorkFolder folder;
    const fs::path image = folder.path() / "guest.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(guests / name / (name + ".asm"), defines, image, messages),
                    messages);
    const QemuRun run = run_qemu(image, {}, words);
    const std::string text = words.empty() ? name : name + "-" + words;
    CHECK(run.serial == as_qemu_says(read_file(goldens / (text + ".txt"))));
    CHECK(run.status == 1);  // debug exit with value 0
}

}  // namespace

TEST_CASE("every guest has its golden text and gives it on QEMU") {
    REQUIRE(guest_names().size() >= 12);
    if (!can_run()) return;
    for (const std::string& name : guest_names()) {
        CHECK(fs::exists(goldens / (name + ".txt")));
        check_guest(name, {});
    }
}

TEST_CASE("ringlet without the instructions that do not trap says the same") {
    if (!can_run()) return;
    check_guest("ringlet", {"SAFE"});
}

TEST_CASE("ringlet under stress says what it says here, with and without these instructions") {
    if (!can_run()) return;
    CHECK(!read_file(goldens / "ringlet-stress.txt").empty());
    check_guest("ringlet", {}, "stress");
    check_guest("ringlet", {"SAFE"}, "stress");
}
