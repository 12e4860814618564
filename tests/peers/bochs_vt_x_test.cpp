// The VT-x VMM, unchanged, on Bochs, whose VMX is not ours: the guest says there what it says
// without a VMM.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

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

TEST_CASE(
    "every check of the system programs ends in a VT-x guest on Bochs as the golden text says") {
    if (!can_run_bochs()) return;
    const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "vt-x.elf";
    const WorkFolder folder;
    const fs::path image = folder.path() / "system.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest("tests/system/system.asm", {}, image, messages), messages);
    const BochsSerial expected{read_file("tests/golden/system/system.txt"), ""};
    for (const std::string options : {"exits=minimal", "exits=all"}) {
        CAPTURE(options);
        CHECK(run_bochs({vmm, options, {image}, "corei7_icelake_u"}, expected, 240).com1 ==
              expected.com1);
    }
}

TEST_CASE("the VT-x VMM of 64-bit mode runs 64-bit guests on Bochs, and another beside one") {
    if (!can_run_bochs()) return;
    const fs::path guests = "scenarios/guests", goldens = "tests/golden/serial";
    const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "vt-x-64.elf";
    REQUIRE(fs::exists(vmm));
    const WorkFolder folder;
    const auto assembled = [&](const fs::path& source) {
        const fs::path image = folder.path() / (source.stem().string() + ".elf");
        std::string messages;
        REQUIRE_MESSAGE(build_guest(source, {}, image, messages), messages);
        return image;
    };
    const auto build = [&](const std::string& name) {
        return assembled(guests / name / (name + ".asm"));
    };
    const std::string cpu = "corei7_icelake_u";
    const auto check = [&](const fs::path& image, const fs::path& golden) {
        for (const std::string options : {"exits=minimal", "exits=all"}) {
            CAPTURE(image.string());
            CAPTURE(options);
            const BochsSerial expected{read_file(golden), ""};
            CHECK(run_bochs({vmm, options, {image}, cpu}, expected, 120).com1 == expected.com1);
        }
    };
    for (const std::string& name : guest_names_64()) check(build(name), goldens / (name + ".txt"));
    check(assembled("tests/system/long_mode.asm"), "tests/golden/system/long_mode.txt");
    const BochsSerial both{read_file(goldens / "probes-64.txt"),
                           read_file(goldens / "ringlet.txt")};
    const BochsSerial ran =
        run_bochs({vmm, "", {build("probes-64"), build("ringlet")}, cpu}, both, 120);
    CHECK(ran.com1 == both.com1);
    CHECK(ran.com2 == both.com2);
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

TEST_CASE("the devices of the hosted VMM work on Bochs: a disk, and a network between two guests") {
    if (!can_run_bochs()) return;
    const fs::path guests = "scenarios/guests";
    const fs::path vmm = fs::path(RINGSIDE_VMM_DIR) / "hosted-vt-x.elf";
    const WorkFolder folder;
    std::string messages;
    const auto build = [&](const std::string& source, const std::vector<std::string>& defines) {
        const fs::path image = folder.path() / (defines.empty() ? "guest" : defines.front());
        REQUIRE_MESSAGE(build_guest(guests / source, defines, image, messages), messages);
        return image;
    };
    const auto run_here = [&](const std::string& options) {
        const std::string out = (folder.path() / "here").string();
        const std::string command = std::string("'") + RINGSIDE_PROGRAM + "' boot " + options +
                                    " > '" + out + "' 2> /dev/null";
        CHECK(std::system(command.c_str()) >= 0);
        return read_file(out);
    };

    const fs::path disk = build("disk/disk.asm", {}), image = folder.path() / "blank.img";
    constexpr unsigned tracks = 10;
    std::ofstream(image, std::ios::binary) << std::string(tracks * 4096, '\0');
    const std::string kept = run_here("'" + disk.string() + "' --disk '" + image.string() + "'");
    CHECK(kept.find("kept = 1") != std::string::npos);
    BochsBoot boot{vmm, "", {disk}};
    boot.disk_tracks = tracks;
    CHECK(run_bochs(boot, {kept, ""}, 120).com1 == kept);

    const fs::path bell = build("packets/packets.asm", {}),
                   watson = build("packets/packets.asm", {"WATSON"});
    const std::string com2 = (folder.path() / "com2").string();
    BochsSerial heard;
    heard.com1 = run_here("'" + vmm.string() + "' --module '" + bell.string() + "' --module '" +
                          watson.string() + "' --serial2 '" + com2 + "'");
    heard.com2 = read_file(com2);
    CHECK(heard.com2.find("Mr. Watson, come here.") != std::string::npos);
    const BochsSerial ran = run_bochs({vmm, "", {bell, watson}}, heard, 120);
    CHECK(ran.com1 == heard.com1);
    CHECK(ran.com2 == heard.com2);
}
