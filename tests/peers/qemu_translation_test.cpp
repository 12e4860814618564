// Binary translation on QEMU: every guest says what it says natively, sensitive instructions and
// all, and so does a guest that is written to be hard to translate.
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>

#include "tests/peers/qemu.hpp"
#include "tests/property/random_guest.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

const fs::path guests = "scenarios/guests";
const std::string bare = "binary-translation", hosted = "hosted-binary-translation";
constexpr int success = 0 << 1 | 1;

bool can_run() {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

struct Runs {
    QemuRun native, translated;
};

/// The guest without a VMM, and under the translator.
Runs run_both(const fs::path& source, const std::string& technique = bare,
              const std::string& words = "") {
    const fs::path vmm_image = fs::path(RINGSIDE_VMM_DIR) / (technique + ".elf");
    REQUIRE(fs::exists(vmm_image));
    const WorkFolder folder;
    const fs::path image = folder.path() / "guest.elf", vmm = folder.path() / "vmm.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, {}, image, messages), messages);
    fs::copy_file(vmm_image, vmm);
    return {run_qemu(image, {}, words), run_qemu(vmm, image, words)};
}

}  // namespace

TEST_CASE(
    "under binary translation, hosted or not, on QEMU every guest says what its golden says") {
    if (!can_run()) return;
    for (const std::string& technique : {bare, hosted})
        for (const std::string& name : guest_names()) {
            CAPTURE(technique);
            CAPTURE(name);
            const Runs runs = run_both(guests / name / (name + ".asm"), technique);
            // INT1, which QEMU has not, is the VMM's work here.
            CHECK(runs.translated.serial == read_file("tests/golden/serial/" + name + ".txt"));
            CHECK(runs.translated.status == success);
        }
    const Runs stress = run_both(guests / "ringlet" / "ringlet.asm", bare, "stress");
    CHECK(stress.translated.serial == read_file("tests/golden/serial/ringlet-stress.txt"));
    CHECK(stress.translated.status == success);
}

TEST_CASE("a guest that is hard to translate says under binary translation what it says natively") {
    if (!can_run()) return;
    const Runs runs = run_both("tests/peers/guests/translated.asm");
    CHECK(runs.native.status == success);
    CHECK(runs.native.serial.find("there were some = 1") !=
          std::string::npos);  // it got to its end
    CHECK(runs.translated.serial == runs.native.serial);
    CHECK(runs.translated.status == success);
}

TEST_CASE("random guests with silent instructions do not notice binary translation on QEMU") {
    if (!can_run()) return;
    for (ringside::u64 seed = 31; seed <= 38; ++seed) {
        CAPTURE(seed);
        ringside::property::RandomGuestOptions options;
        options.sensitive = true;
        const WorkFolder folder;
        const fs::path source = folder.path() / "guest.asm";
        std::ofstream(source) << ringside::property::random_guest(seed, options);
        const Runs runs = run_both(source);
        CHECK(runs.native.status == success);
        CHECK(runs.translated.serial == runs.native.serial);
        CHECK(runs.translated.status == success);
    }
}
