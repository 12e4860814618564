// Hosted binary translation as a person runs it: one guest and two, well-behaved and hostile.
#include <doctest/doctest.h>

#include "tests/cli/guests.hpp"
#include "tests/cli/program.hpp"
#include "tests/property/random_guest.hpp"

namespace {

using namespace ringside::test;

const fs::path sources = fs::absolute("scenarios/guests");
constexpr int success = 0 << 1 | 1, vmm_gave_up = 0x7f << 1 | 1;

fs::path vmm() {
    return program().parent_path().parent_path() /
           "share/ringside/vmms/hosted-binary-translation.elf";
}

std::string assembled(const Folder& folder, const fs::path& source) {
    const std::string image = (folder.path() / (source.stem().string() + ".elf")).string();
    const Ran ran = invoke(folder, {"asm", source.string(), "-I", sources.string(), "-o", image});
    REQUIRE_MESSAGE(ran.status == 0, ran.err);
    return image;
}
std::string shipped(const Folder& folder, const std::string& name) {
    return assembled(folder, sources / name / (name + ".asm"));
}

struct Both {
    Ran ran;
    std::string second;  ///< what guest 1 said
};
Both boot_two(const Folder& folder, const std::string& a, const std::string& b) {
    Both out;
    out.ran = invoke(folder, {"boot", vmm().string(), "--module", a, "--module", b, "--serial2",
                              "second.txt", "--max-instructions", "200000000"});
    out.second = slurp(folder.path() / "second.txt");
    return out;
}

}  // namespace

TEST_CASE("two guests under hosted binary translation each say what they say alone") {
    const Folder folder;
    const std::string ringlet = shipped(folder, "ringlet"), popf = shipped(folder, "popf");
    const std::string alone = invoke(folder, {"boot", ringlet}).out;
    const std::string other = invoke(folder, {"boot", popf}).out;
    const Both there = boot_two(folder, ringlet, popf), back = boot_two(folder, popf, ringlet);
    CHECK(there.ran.status == success);
    CHECK(there.ran.out == alone);
    CHECK(there.second == other);
    CHECK(back.ran.status == success);
    CHECK(back.ran.out == other);
    CHECK(back.second == alone);
}

TEST_CASE("two copies of a guest that is hard to translate do not share their VMM") {
    const Folder folder;
    const std::string guest = assembled(folder, fs::absolute("tests/peers/guests/translated.asm"));
    const std::string alone = invoke(folder, {"boot", guest}).out;
    const Both both = boot_two(folder, guest, guest);
    CHECK(both.ran.status == success);
    CHECK(both.ran.out == alone);
    CHECK(both.second == alone);
    CHECK(alone.find("checksum under interrupts") != std::string::npos);
}

TEST_CASE("a world switch takes the debug registers along") {
    const Folder folder;
    const auto keeper = [&](const std::string& name, const std::string& value) {
        return assembled(folder, folder.write(name, guest("mov eax, " + value +
                                                          "\nmov dr0, eax\nmov ecx, 400\n"
                                                          "next: out 0x80, al\nmov ebx, dr0\n"
                                                          "cmp ebx, " +
                                                          value +
                                                          "\njne wrong\nloop next\nmov al, 'k'\n"
                                                          "say: mov dx, 0x3f8\nout dx, al\n"
                                                          "xor eax, eax\nout 0xf4, eax\n"
                                                          "wrong: mov al, 'w'\njmp say\n")));
    };
    const Both both = boot_two(folder, keeper("a.asm", "0x11110"), keeper("b.asm", "0x22220"));
    CHECK(both.ran.status == success);
    CHECK(both.ran.out == "k");
    CHECK(both.second == "k");
}

TEST_CASE("a hostile guest is stopped by its own VMM, and the other guest of the host finishes") {
    const Folder folder;
    const std::string hostile =
        assembled(folder, fs::absolute("tests/peers/guests/hostile_native.asm"));
    const std::string ringlet = shipped(folder, "ringlet");
    const std::string alone = invoke(folder, {"boot", ringlet}).out;
    const Both both = boot_two(folder, hostile, ringlet);
    CHECK(both.ran.out.find("WRONG") == std::string::npos);
    CHECK(both.ran.out.ends_with(
        "vmm: the guest's kernel runs where it has no memory, at fc100000\n"));
    CHECK(both.second == alone);
    CHECK(both.ran.status == vmm_gave_up);
}

TEST_CASE("a guest that goes round for ever with interrupts off does not hold the other up") {
    const Folder folder;
    const fs::path endless = folder.write("endless.asm", guest("cli\nagain: jmp again\n"));
    const std::string ringlet = shipped(folder, "ringlet");
    const std::string alone = invoke(folder, {"boot", ringlet}).out;
    const Both both = boot_two(folder, assembled(folder, endless), ringlet);
    CHECK(both.second == alone);
    CHECK(both.ran.status == 4);  // the limit: the host goes on for the one that is left
}

TEST_CASE("kernels made from seeds do not notice hosted binary translation") {
    for (ringside::u64 seed = 51; seed <= 55; ++seed) {
        CAPTURE(seed);
        const Folder folder;
        ringside::property::RandomGuestOptions options;
        options.sensitive = true;
        options.paging = seed % 2 != 0;
        const std::string image = assembled(
            folder, folder.write("guest.asm", ringside::property::random_guest(seed, options)));
        const Ran native = invoke(folder, {"boot", image});
        const Ran ran =
            invoke(folder, {"boot", vmm().string(), "--options", "cache=8", "--module", image});
        CHECK(native.status == success);
        CHECK(ran.out == native.out);
        CHECK(ran.status == success);
    }
}

TEST_CASE("the words of a module's command line are the guest's own under a hosted VMM") {
    const Folder folder;
    const fs::path source =
        folder.write("words.asm", guest("mov eax, [ebx + 16]\nmov esi, eax\nmov dx, 0x3f8\n"
                                        "next: lodsb\ntest al, al\njz done\nout dx, al\njmp next\n"
                                        "done: xor eax, eax\nout 0xf4, eax\n"));
    const Ran ran = invoke(folder, {"boot", vmm().string(), "--module", assembled(folder, source),
                                    "--module-options", "stress rounds=3"});
    CHECK(ran.out == "words.elf stress rounds=3");
}
