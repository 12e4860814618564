// A disk that boots says on QEMU what it says here, under QEMU's BIOS and under our firmware.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

bool assemble(const fs::path& source, const fs::path& image) {
    const std::string command = "nasm -f bin -Werror -I '" + source.parent_path().string() +
                                "/' -o '" + image.string() + "' '" + source.string() + "'";
    return std::system(command.c_str()) == 0;
}

}  // namespace

TEST_CASE("a disk boots on QEMU with the same words, under its BIOS and under our firmware") {
    const std::string missing = missing_program({"nasm", "qemu-system-i386", "timeout"});
    if (!missing.empty()) {
        std::printf("SKIPPED %s is not installed\n", missing.c_str());
        return;
    }
    const WorkFolder folder;
    const fs::path bios = folder.path() / "bios.bin";
    REQUIRE(assemble("assets/firmware/bios.asm", bios));
    for (const std::string& firmware : {std::string(), " -bios '" + bios.string() + "'"}) {
        CAPTURE(firmware);
        const fs::path disk = folder.path() / "disk.img";  // made anew: QEMU writes into it
        REQUIRE(assemble("tests/peers/guests/boot_disk.asm", disk));
        const QemuRun run = run_qemu_disk(disk, firmware);
        CHECK(run.serial == read_file("tests/golden/boot_disk.txt"));
        CHECK(run.status == 1);
    }
}
