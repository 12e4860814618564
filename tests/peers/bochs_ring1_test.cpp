// The VMMs of ring 1, unchanged, on Bochs, which checks segment limits as QEMU does not: guests say
// there what they say without a VMM, and a hostile one gets no further than on Ringside.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

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

fs::path built(const WorkFolder& folder, const fs::path& source,
               const std::vector<std::string>& defines = {}) {
    const fs::path image = folder.path() / "guest.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, defines, image, messages), messages);
    return image;
}

fs::path vmm(const std::string& technique) {
    const fs::path image = fs::path(RINGSIDE_VMM_DIR) / (technique + ".elf");
    REQUIRE(fs::exists(image));
    return image;
}

}  // namespace

TEST_CASE("under trap-and-emulate on Bochs guests fail in the documented ways, two at a time too") {
    if (!can_run_bochs()) return;
    const std::string wrong = read_file("tests/golden/serial/trap-and-emulate/popf.txt"),
                      right = read_file("tests/golden/serial/hlt.txt");
    const WorkFolder folder, other;
    const fs::path popf = built(folder, "scenarios/guests/popf/popf.asm"),
                   hlt = built(other, "scenarios/guests/hlt/hlt.asm");
    CHECK(wrong != read_file("tests/golden/serial/popf.txt"));
    CHECK(run_bochs(vmm("trap-and-emulate"), popf, wrong, 60) == wrong);
    const BochsSerial both{right, wrong};
    const BochsSerial ran = run_bochs({vmm("trap-and-emulate"), "", {hlt, popf}}, both, 60);
    CHECK(ran.com1 == both.com1);
    CHECK(ran.com2 == both.com2);
}

TEST_CASE("binary translation runs guests on Bochs as they run without a VMM") {
    if (!can_run_bochs()) return;
    for (const std::string name : {"popf", "smsw", "ringlet"}) {
        CAPTURE(name);
        const WorkFolder folder;
        const fs::path image = built(folder, fs::path("scenarios/guests") / name / (name + ".asm"));
        const std::string expected = read_file("tests/golden/serial/" + name + ".txt");
        CHECK(run_bochs(vmm("binary-translation"), image, expected, 120) == expected);
    }
}

TEST_CASE("truncated segments keep a hostile guest out of the VMM on Bochs, as on Ringside") {
    if (!can_run_bochs()) return;
    for (const std::string technique :
         {"trap-and-emulate", "binary-translation", "hosted-binary-translation"}) {
        CAPTURE(technique);
        const WorkFolder folder;
        // Its jump to the VMM is a fault where its own code runs; a translator ends it for that.
        std::vector<std::string> defines;
        if (technique == "trap-and-emulate") defines = {"JUMP_FAULTS"};
        const fs::path image = built(folder, "tests/peers/guests/hostile_native.asm", defines);
        const fs::path said = folder.path() / "ringside.txt";
        const std::string command = std::string("'") + RINGSIDE_PROGRAM + "' boot '" +
                                    vmm(technique).string() + "' --module '" + image.string() +
                                    "' > '" + said.string() + "' 2> /dev/null";
        CHECK(std::system(command.c_str()) != -1);
        const std::string expected = read_file(said);
        CHECK(expected.find(": faulted\n") != std::string::npos);
        CHECK(expected.find("WRONG") == std::string::npos);
        CHECK(run_bochs(vmm(technique), image, expected, 60) == expected);
    }
}

TEST_CASE("hosted binary translation runs guests on Bochs, one and two") {
    if (!can_run_bochs()) return;
    const WorkFolder folder, other;
    const fs::path ringlet = built(folder, "scenarios/guests/ringlet/ringlet.asm");
    const fs::path popf = built(other, "scenarios/guests/popf/popf.asm");
    const std::string expected = read_file("tests/golden/serial/ringlet.txt");
    const fs::path hosted = vmm("hosted-binary-translation");
    CHECK(run_bochs(hosted, ringlet, expected, 120) == expected);
    const BochsSerial both{read_file("tests/golden/serial/popf.txt"), expected};
    const BochsSerial ran = run_bochs({hosted, "", {popf, ringlet}}, both, 120);
    CHECK(ran.com1 == both.com1);
    CHECK(ran.com2 == both.com2);
}
