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
