// The images of the ring-1 techniques, unchanged, on QEMU: the guest says there what it says
// without a VMM, or, where trap-and-emulate cannot see an instruction, what the golden text of that
// technique says.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

const fs::path guests = "scenarios/guests";
const fs::path goldens = "tests/golden/serial";
const fs::path vmms = RINGSIDE_VMM_DIR;

bool can_run() {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

/// A golden text of the technique's own, if there is one; else the native one.
std::string expected_serial(const std::string& technique, const std::string& guest) {
    const fs::path own = goldens / technique / (guest + ".txt");
    const fs::path said = fs::exists(own) ? own : goldens / (guest + ".txt");
    return as_qemu_says(read_file(said), 1);
}

QemuRun run_guest(const std::string& technique, const std::string& guest,
                  const std::vector<std::string>& defines, const std::string& words = "") {
    const WorkFolder folder;
    const fs::path image = folder.path() / "guest.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(guests / guest / (guest + ".asm"), defines, image, messages),
                    messages);
    const fs::path vmm = folder.path() / "vmm.elf";
    fs::copy_file(vmms / (technique + ".elf"), vmm);
    return run_qemu(vmm, image, words);
}

void check_all_guests(const std::string& technique) {
    REQUIRE(fs::exists(vmms / (technique + ".elf")));
    for (const std::string& name : guest_names()) {
        CAPTURE(name);
        const QemuRun run = run_guest(technique, name, {});
        CHECK(run.serial == expected_serial(technique, name));
        CHECK(run.status == 1);  // debug exit with value 0
    }
    const QemuRun safe = run_guest(technique, "ringlet", {"SAFE"});
    CHECK(safe.serial == read_file(goldens / "ringlet.txt"));
    CHECK(safe.status == 1);
    const QemuRun stress = run_guest(technique, "ringlet", {}, "stress");
    CHECK(stress.serial == expected_serial(technique, "ringlet-stress"));
    CHECK(stress.status == 1);
}

}  // namespace

TEST_CASE("under trap-and-emulate on QEMU each guest fails in the documented ways only") {
    if (can_run()) check_all_guests("trap-and-emulate");
}

TEST_CASE(
    "under trap-and-emulate on QEMU the rarer things of a kernel work as on the bare machine") {
    if (!can_run()) return;
    const WorkFolder folder;
    const fs::path image = folder.path() / "guest.elf", vmm = folder.path() / "vmm.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest("tests/peers/guests/corners.asm", {}, image, messages), messages);
    fs::copy_file(vmms / "trap-and-emulate.elf", vmm);
    const QemuRun native = run_qemu(image), emulated = run_qemu(vmm, image);
    CHECK(native.serial.find("calls by SYSENTER = 5\n") != std::string::npos);
    CHECK(native.status == 1);
    CHECK(emulated.serial == native.serial);
    CHECK(emulated.status == 1);
}
