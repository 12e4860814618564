// The paravirtual VMM, unchanged, on Bochs, which checks segment limits as QEMU does not: guests,
// one and two, say there what they say on Ringside, and a hostile one gets no further.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/peers/bochs.hpp"
#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

const fs::path guests = "scenarios/guests", own = "tests/peers/guests";
const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "paravirtual.elf";

bool can_run_bochs() {
    const std::string missing =
        missing_program({"bochs", "grub-mkrescue", "xorriso", "mformat", "nasm", "ld.lld"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

fs::path built(const WorkFolder& folder, const char* name, const fs::path& source,
               const std::vector<std::string>& defines = {"PARAVIRT"}) {
    fs::path image = folder.path() / name;
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, defines, image, messages), messages);
    return image;
}

/// What the guests say on Ringside.
BochsSerial on_ringside(const WorkFolder& folder, const std::vector<fs::path>& images) {
    const fs::path first = folder.path() / "com1.txt", second = folder.path() / "com2.txt";
    std::string command = std::string("'") + RINGSIDE_PROGRAM + "' boot '" + vmm.string() + "'";
    for (const fs::path& one : images) command += " --module '" + one.string() + "'";
    command += " --serial2 '" + second.string() + "' > '" + first.string() + "' 2> /dev/null";
    REQUIRE(std::system(command.c_str()) != -1);
    return {read_file(first), read_file(second)};
}

void check_same(const WorkFolder& folder, const std::vector<fs::path>& images) {
    const BochsSerial expected = on_ringside(folder, images);
    CHECK_FALSE(expected.com1.empty());
    CHECK(expected.com1.find("WRONG") == std::string::npos);
    const BochsSerial ran = run_bochs({vmm, "", images}, expected, 120);
    CHECK(ran.com1 == expected.com1);
    CHECK(ran.com2 == expected.com2);
}

}  // namespace

TEST_CASE("each word of the paravirtual interface means on Bochs what it means here") {
    if (!can_run_bochs()) return;
    const WorkFolder folder;
    check_same(folder, {built(folder, "a.elf", own / "paravirtual" / "whole.asm",
                              {"PARAVIRT", "ANY_LOADER"})});
}

TEST_CASE("two paravirtual guests talk to each other on Bochs") {
    if (!can_run_bochs()) return;
    const WorkFolder folder;
    check_same(folder, {built(folder, "a.elf", guests / "telegraph" / "sender.asm"),
                        built(folder, "b.elf", guests / "telegraph" / "receiver.asm")});
}

TEST_CASE(
    "truncated segments keep a hostile paravirtual guest out on Bochs, and the other finishes") {
    if (!can_run_bochs()) return;
    const WorkFolder folder;
    check_same(folder,
               {built(folder, "a.elf", guests / "ringlet" / "ringlet.asm"),
                built(folder, "b.elf", own / "hostile.asm", {"PARAVIRT", "LIMITS", "ENDING=1"})});
}
