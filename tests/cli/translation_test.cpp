// Binary translation in the simulator, which, unlike QEMU, checks segment limits: guests that are
// hard to translate, made from seeds, or hostile.
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"
#include "tests/property/random_guest.hpp"

namespace {

using namespace ringside::test;

const fs::path guests = fs::absolute("scenarios/guests");
constexpr int success = 0 << 1 | 1, vmm_gave_up = 0x7f << 1 | 1;

struct Runs {
    Ran native, translated;
};

Runs boot_both(const Folder& folder, const fs::path& source) {
    const std::string image = (folder.path() / "guest.elf").string();
    const Ran assembled =
        invoke(folder, {"asm", source.string(), "-I", guests.string(), "-o", image});
    REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
    const fs::path vmm =
        program().parent_path().parent_path() / "share/ringside/vmms/binary-translation.elf";
    return {invoke(folder, {"boot", image}),
            invoke(folder, {"boot", vmm.string(), "--module", image})};
}

}  // namespace

TEST_CASE("a guest that is hard to translate says under binary translation what it says without") {
    const Folder folder;
    const Runs runs = boot_both(folder, fs::absolute("tests/peers/guests/translated.asm"));
    CHECK(runs.native.status == success);
    CHECK(runs.native.out.find("there were some = 1") != std::string::npos);  // it got to its end
    CHECK(runs.translated.out == runs.native.out);
    CHECK(runs.translated.status == success);
}

TEST_CASE(
    "kernels made from seeds, silent instructions and all, do not notice binary translation") {
    for (ringside::u64 seed = 1; seed <= 10; ++seed) {
        CAPTURE(seed);
        const Folder folder;
        ringside::property::RandomGuestOptions options;
        options.sensitive = true;
        options.paging = seed % 4 != 0;
        options.user_mode = seed % 3 != 0;
        const fs::path source =
            folder.write("guest.asm", ringside::property::random_guest(seed, options));
        const Runs runs = boot_both(folder, source);
        CHECK(runs.native.out.find("trail = ") != std::string::npos);
        CHECK(runs.native.status == success);
        CHECK(runs.translated.out == runs.native.out);
        CHECK(runs.translated.status == success);
    }
}

TEST_CASE("a hostile guest reaches neither the translator's data nor its code") {
    const Folder folder;
    const Ran ran =
        boot_both(folder, fs::absolute("tests/peers/guests/hostile_native.asm")).translated;
    CAPTURE(ran.out);
    CHECK(ran.out.find("WRONG") == std::string::npos);
    size_t faulted = 0;
    for (size_t at = 0; (at = ran.out.find(": faulted\n", at)) != std::string::npos; ++at)
        ++faulted;
    CHECK(faulted == 16);
    CHECK(
        ran.out.ends_with("a call from ring 3: faulted\n"
                          "vmm: the guest's kernel runs where it has no memory, at fc100000\n"));
    CHECK(ran.status == vmm_gave_up);
}
