// The VT-x VMM, unchanged, on Bochs, whose VMX is not ours: the guest says there what it says
// without a VMM.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/bochs.hpp"
#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

bool can_run_bochs() {
    const std::string missing =
        missing_program({"bochs", "grub-mkrescue", "xorriso", "mformat", "nasm", "ld.lld"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

}  // namespace

TEST_CASE("the VT-x VMM runs guests on Bochs as they run without a VMM") {
    if (!can_run_bochs()) return;
    const fs::path guests = "scenarios/guests", goldens = "tests/golden/serial";
    const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "vt-x.elf";
    REQUIRE(fs::exists(vmm));
    // A probe with interrupts, one that halts, one that reads CR0, and the small kernel: paging,
    // ring 3, system calls.
    for (const std::string name : {"popf", "hlt", "smsw", "ringlet"}) {
        CAPTURE(name);
        const WorkFolder folder;
        const fs::path image = folder.path() / "guest.elf";
        std::string messages;
        REQUIRE_MESSAGE(build_guest(guests / name / (name + ".asm"), {}, image, messages),
                        messages);
        const std::string expected = read_file(goldens / (name + ".txt"));
        CHECK(run_bochs(vmm, image, expected, 120) == expected);
    }
}

TEST_CASE("the VT-x VMM runs guests on Bochs under every configuration, and two at a time") {
    if (!can_run_bochs()) return;
    const fs::path guests = "scenarios/guests", goldens = "tests/golden/serial";
    const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "vt-x.elf";
    const WorkFolder folder;
    const fs::path popf = folder.path() / "popf.elf", ringlet = folder.path() / "ringlet.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(guests / "popf/popf.asm", {}, popf, messages), messages);
    REQUIRE_MESSAGE(build_guest(guests / "ringlet/ringlet.asm", {}, ringlet, messages), messages);
    const BochsSerial alone{read_file(goldens / "ringlet.txt"), ""};
    const BochsSerial both{alone.com1, read_file(goldens / "popf.txt")};
    // Of Bochs' processors this one has the monitor trap flag.
    const std::string cpu = "corei7_icelake_u";
    for (const std::string options : {"paging=shadow", "exits=all"}) {
        CAPTURE(options);
        CHECK(run_bochs({vmm, options, {ringlet}, cpu}, alone, 120).com1 == alone.com1);
    }
    for (const std::string options : {"paging=ept", "paging=shadow exits=all"}) {
        CAPTURE(options);
        const BochsSerial ran = run_bochs({vmm, options, {ringlet, popf}, cpu}, both, 120);
        CHECK(ran.com1 == both.com1);
        CHECK(ran.com2 == both.com2);
    }
}

TEST_CASE("the hosted VT-x VMM runs guests on Bochs, one and two") {
    if (!can_run_bochs()) return;
    const fs::path guests = "scenarios/guests", goldens = "tests/golden/serial";
    const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "hosted-vt-x.elf";
    REQUIRE(fs::exists(vmm));
    const WorkFolder folder;
    const fs::path popf = folder.path() / "popf.elf", ringlet = folder.path() / "ringlet.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(guests / "popf/popf.asm", {}, popf, messages), messages);
    REQUIRE_MESSAGE(build_guest(guests / "ringlet/ringlet.asm", {}, ringlet, messages), messages);
    const std::string expected = read_file(goldens / "ringlet.txt");
    CHECK(run_bochs(vmm, ringlet, expected, 120) == expected);
    const BochsSerial both{read_file(goldens / "popf.txt"), expected};
    const BochsSerial ran = run_bochs({vmm, "", {popf, ringlet}}, both, 120);
    CHECK(ran.com1 == both.com1);
    CHECK(ran.com2 == both.com2);
}
