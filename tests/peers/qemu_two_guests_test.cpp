// Two unchanged guests at once under the VMMs of ring 1, on QEMU: each says on its serial line what
// it says alone, and one that is given up leaves the other alone.
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

constexpr int success = 0 << 1 | 1, vmm_gave_up = 0x7f << 1 | 1;  // debug exit values

bool can_run() {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

struct Source {
    fs::path file;
    std::vector<std::string> defines;
};

QemuRun run_two(const std::string& technique, const Source& first, const Source& second,
                const std::string& options = "") {
    const WorkFolder folder;
    const fs::path vmm = folder.path() / "vmm.elf";
    fs::copy_file(fs::path(RINGSIDE_VMM_DIR) / (technique + ".elf"), vmm);
    std::vector<fs::path> images;
    for (const Source* source : {&first, &second}) {
        images.push_back(folder.path() / (std::to_string(images.size()) + ".elf"));
        std::string messages;
        REQUIRE_MESSAGE(build_guest(source->file, source->defines, images.back(), messages),
                        messages);
    }
    return run_qemu_with_guests(vmm, images, options);
}

/// trap-and-emulate gets this one right.
const Source ringlet{"scenarios/guests/ringlet/ringlet.asm", {"SAFE"}};
const char* const techniques[] = {"trap-and-emulate", "binary-translation",
                                  "hosted-binary-translation"};

}  // namespace

TEST_CASE("on QEMU, too, two unchanged guests say what each says alone") {
    if (!can_run()) return;
    const std::string alone = read_file("tests/golden/serial/ringlet.txt");
    for (const std::string technique : techniques) {
        CAPTURE(technique);
        const QemuRun run = run_two(technique, ringlet, ringlet);
        CHECK(run.serial == alone);
        CHECK(run.serial2 == alone);
        CHECK(run.status == success);
    }
}

TEST_CASE("on QEMU, too, the watchdog stops a guest that loops, and the other finishes") {
    if (!can_run()) return;
    const std::string alone = read_file("tests/golden/serial/ringlet.txt");
    const Source loop{"tests/peers/guests/loop.asm", {}};
    for (const std::string technique : techniques) {
        CAPTURE(technique);
        const QemuRun run = run_two(technique, loop, ringlet, "watchdog=300");
        CAPTURE(run.serial);
        CHECK(run.serial.find("vmm: the guest loops, and no interrupt can reach it") == 0);
        CHECK(run.serial2 == alone);
        CHECK(run.status == vmm_gave_up);
    }
}
