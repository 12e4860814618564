// The paravirtual VMM on QEMU: guests built for it say what the native ones say, others are
// refused, and one that lies gets nothing.
#include <doctest/doctest.h>

#include <cstdio>
#include <fstream>

#include "tests/peers/qemu.hpp"
#include "tests/property/random_kernel.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

const fs::path guests = "scenarios/guests";
const fs::path goldens = "tests/golden/serial";
const fs::path vmm_image = fs::path(RINGSIDE_VMM_DIR) / "paravirtual.elf";

/// Debug exit values as QEMU's status.
constexpr int success = 0 << 1 | 1, vmm_gave_up = 0x7f << 1 | 1;

bool can_run() {
    const std::string missing = missing_program({"nasm", "ld.lld", "qemu-system-i386", "timeout"});
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

QemuRun run_guest(const fs::path& source, const std::vector<std::string>& defines) {
    REQUIRE(fs::exists(vmm_image));
    const WorkFolder folder;
    const fs::path image = folder.path() / "guest.elf";
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, defines, image, messages), messages);
    const fs::path vmm = folder.path() / "vmm.elf";
    fs::copy_file(vmm_image, vmm);
    return run_qemu(vmm, image);
}

/// Two guests at once, with options for the VMM.
QemuRun run_two(const fs::path& first, const fs::path& second,
                const std::vector<std::string>& defines, const std::string& command_line = "") {
    const WorkFolder folder;
    const fs::path vmm = folder.path() / "vmm.elf";
    fs::copy_file(vmm_image, vmm);
    std::vector<fs::path> images;
    for (const fs::path& source : {first, second}) {
        images.push_back(folder.path() / (std::to_string(images.size()) + ".elf"));
        std::string messages;
        REQUIRE_MESSAGE(build_guest(source, defines, images.back(), messages), messages);
    }
    return run_qemu_with_guests(vmm, images, command_line);
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

/// One text, built for the bare machine and for the paravirtual VMM.
void check_kernel_from_seed(ringside::u64 seed) {
    const WorkFolder folder;
    const fs::path source = folder.path() / "kernel.asm", image = folder.path() / "kernel.elf";
    std::ofstream(source) << ringside::property::random_kernel(seed);
    std::string messages;
    REQUIRE_MESSAGE(build_guest(source, {}, image, messages), messages);
    const QemuRun native = run_qemu(image);
    const QemuRun paravirtual = run_guest(source, {"PARAVIRT"});
    CHECK(contains(native.serial, "trail "));
    CHECK(native.status == success);
    CHECK(paravirtual.serial == native.serial);
    CHECK(paravirtual.status == success);
}

}  // namespace

TEST_CASE("guests built with PARAVIRT say on the paravirtual VMM what they say natively") {
    if (!can_run()) return;
    for (const char* name : {"ringlet", "popf", "cli-sti", "hlt", "pushf", "iret", "cpuid",
                             "in-out", "mov-cr3", "smsw"}) {
        CAPTURE(name);
        const QemuRun run = run_guest(guests / name / (std::string(name) + ".asm"), {"PARAVIRT"});
        CHECK(run.serial == read_file(goldens / (std::string(name) + ".txt")));
        CHECK(run.status == success);
    }
}

TEST_CASE("a guest that is not built for the paravirtual VMM is refused with a sentence") {
    if (!can_run()) return;
    const QemuRun run = run_guest(guests / "ringlet" / "ringlet.asm", {});
    CHECK(contains(run.serial, "vmm: the guest is not paravirtual"));
    CHECK(run.status == vmm_gave_up);
}

TEST_CASE(
    "a hostile paravirtual guest is refused whatever it asks for, and ended for what cannot be "
    "refused") {
    if (!can_run()) return;
    const struct {
        const char* ending;
        const char* reason;
    } table[] = {
        {"ENDING=1", "it cannot run with these segments"},
        {"ENDING=2", "the stack of its kernel is not mapped writable"},
        {"ENDING=3", "vector 6: an exception for which it has no handler"},
        {"ENDING=4", "it cannot run with these segments"},
    };
    for (const auto& row : table) {
        CAPTURE(row.ending);
        const QemuRun run = run_guest("tests/peers/guests/hostile.asm", {"PARAVIRT", row.ending});
        CAPTURE(run.serial);
        CHECK(contains(run.serial, "stub as Xen's\nstub as Xen's\n"));
        CHECK_FALSE(contains(run.serial, "WRONG"));
        CHECK(
            contains(run.serial, "a hypercall from ring 3: faulted\nvmm: the guest is ended at "));
        CHECK(contains(run.serial, row.reason));
        CHECK(run.status == vmm_gave_up);
    }
}

TEST_CASE("each word of the paravirtual interface means on QEMU what it means here") {
    if (!can_run()) return;
    const QemuRun run = run_guest("tests/peers/guests/paravirtual/whole.asm", {"PARAVIRT"});
    CAPTURE(run.serial);
    CHECK_FALSE(contains(run.serial, "WRONG"));
    CHECK(run.serial.ends_with("no trap table: ok\n"));
    CHECK(run.status == success);
}

TEST_CASE("two guests at once: they talk, and one that is ended leaves the other alone") {
    if (!can_run()) return;
    const QemuRun pair = run_two(guests / "telegraph" / "sender.asm",
                                 guests / "telegraph" / "receiver.asm", {"PARAVIRT"});
    CHECK(pair.serial == "letters sent = 19\nbits answered = D0\n");
    CHECK(pair.serial2 == "What hath ring 0 wrought\nletters received = 19\n");
    CHECK(pair.status == success);

    const QemuRun killed = run_two("tests/peers/guests/hostile.asm",
                                   guests / "ringlet" / "ringlet.asm", {"PARAVIRT", "ENDING=1"});
    CHECK_FALSE(contains(killed.serial, "WRONG"));
    CHECK(contains(killed.serial, "vmm: the guest is ended at "));
    CHECK(killed.serial2 == read_file(goldens / "ringlet.txt"));
    CHECK(killed.status == vmm_gave_up);

    const QemuRun deaf = run_two("tests/peers/guests/paravirtual/deaf.asm",
                                 guests / "ringlet" / "ringlet.asm", {"PARAVIRT"}, "watchdog=100");
    CHECK(contains(deaf.serial, "it keeps its events masked: the watchdog ends it"));
    CHECK(deaf.serial2 == read_file(goldens / "ringlet.txt"));
    CHECK(deaf.status == vmm_gave_up);
}

TEST_CASE("kernels made from seeds say on the paravirtual VMM what they say natively") {
    if (!can_run()) return;
    for (ringside::u64 seed = 1; seed <= 8; ++seed) {
        CAPTURE(seed);
        check_kernel_from_seed(seed);
    }
}
