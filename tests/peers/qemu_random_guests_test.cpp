// Guests made from seeds, on QEMU: under a VMM each says what it says on the bare machine. Nothing
// in a VMM can be cut to a guest that nobody has seen.
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>
#include <map>

#include "tests/peers/qemu.hpp"
#include "tests/property/random_guest.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside;
using namespace ringside::peers;

bool can_run() {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

/// The guest of a seed, natively and under the VMM.
struct Pair {
    QemuRun native, under_vmm;
};

Pair run_seed(u64 seed, const property::RandomGuestOptions& options, const std::string& technique) {
    const WorkFolder folder;
    const fs::path source = folder.path() / "guest.asm", image = folder.path() / "guest.elf";
    std::ofstream(source) << property::random_guest(seed, options);
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, {}, image, messages), messages);
    const fs::path vmm = folder.path() / "vmm.elf";
    fs::copy_file(fs::path(RINGSIDE_VMM_DIR) / (technique + ".elf"), vmm);
    return {run_qemu(image), run_qemu(vmm, image)};
}

}  // namespace

TEST_CASE("a seed makes the same guest each time, another seed another") {
    CHECK(property::random_guest(7) == property::random_guest(7));
    CHECK(property::random_guest(7) != property::random_guest(8));
}

TEST_CASE(
    "under trap-and-emulate random guests without silent instructions say what they say natively") {
    if (!can_run()) return;
    std::map<std::string, int> texts;
    for (u64 seed = 1; seed <= 12; ++seed) {
        CAPTURE(seed);
        property::RandomGuestOptions options;
        options.paging = seed % 4 != 0;
        options.user_mode = seed % 3 != 0;
        const Pair runs = run_seed(seed, options, "trap-and-emulate");
        CHECK(runs.native.status == 1);  // debug exit with value 0
        CHECK(runs.under_vmm.status == 1);
        CHECK(runs.under_vmm.serial == runs.native.serial);
        ++texts[runs.native.serial];
    }
    CHECK(texts.size() == 12);  // each guest says something of its own
}

TEST_CASE("random guests with silent instructions notice trap-and-emulate") {
    if (!can_run()) return;
    property::RandomGuestOptions options;
    options.sensitive = true;
    const Pair runs = run_seed(1, options, "trap-and-emulate");
    CHECK(runs.native.status == 1);
    CHECK(runs.under_vmm.serial != runs.native.serial);
}
