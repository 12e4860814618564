// Guests made from seeds, in the simulator: under a VMM each says what it says on the bare machine.
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"
#include "tests/property/random_guest.hpp"

namespace {

using namespace ringside::test;
using ringside::property::RandomGuestOptions;

constexpr int success = 0 << 1 | 1;

void check_seeds(const std::string& technique, ringside::u64 first, RandomGuestOptions options) {
    const fs::path guests = fs::absolute("scenarios/guests");
    const fs::path build = program().parent_path().parent_path();
    const std::string vmm = (build / "share/ringside/vmms" / (technique + ".elf")).string();
    for (ringside::u64 seed = first; seed < first + 10; ++seed) {
        CAPTURE(seed);
        const Folder folder;
        options.paging = seed % 4 != 0;
        options.user_mode = seed % 3 != 0;
        const fs::path source =
            folder.write("guest.asm", ringside::property::random_guest(seed, options));
        const std::string image = (folder.path() / "guest.elf").string();
        const Ran assembled =
            invoke(folder, {"asm", source.string(), "-I", guests.string(), "-o", image});
        REQUIRE_MESSAGE(assembled.status == 0, assembled.err);

        const Ran native = invoke(folder, {"boot", image});
        const Ran under_vmm =
            invoke(folder, {"boot", "--max-instructions", "300000000", vmm, "--module", image});
        CHECK(native.out.find("trail = ") != std::string::npos);
        CHECK(native.status == success);
        CHECK(under_vmm.out == native.out);
        CHECK(under_vmm.status == success);
    }
}

}  // namespace

TEST_CASE("random guests without silent instructions do not notice trap-and-emulate") {
    check_seeds("trap-and-emulate", 20, {});
}

TEST_CASE("random guests, silent instructions and all, do not notice VT-x") {
    RandomGuestOptions options;
    options.sensitive = true;
    check_seeds("vt-x", 40, options);
}
