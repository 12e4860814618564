// The paravirtual VMM in the simulator, which, unlike QEMU, checks segment limits: a guest that
// lies gets nothing, and kernels made from seeds say what they say without a VMM.
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"
#include "tests/property/random_kernel.hpp"

namespace {

using namespace ringside::test;

const fs::path guests = fs::absolute("scenarios/guests");
constexpr int vmm_gave_up = 0x7f << 1 | 1, success = 0 << 1 | 1;

/// Assembles `source` and boots it: as the module of the paravirtual VMM if `defines` say that it
/// is built for it.
Ran boot(const Folder& folder, const fs::path& source, const std::vector<std::string>& defines) {
    const std::string image = (folder.path() / "guest.elf").string();
    std::vector<std::string> arguments{"asm", source.string(), "-I", guests.string(), "-o", image};
    for (const std::string& one : defines) arguments.insert(arguments.end(), {"-D", one});
    const Ran assembled = invoke(folder, arguments);
    REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
    if (defines.empty()) return invoke(folder, {"boot", image});
    const fs::path vmm =
        program().parent_path().parent_path() / "share/ringside/vmms/paravirtual.elf";
    return invoke(folder, {"boot", vmm.string(), "--module", image});
}

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a hostile paravirtual guest reaches nothing of the VMM's, by hypercall or by address") {
    const Folder folder;
    const Ran ran = boot(folder, fs::absolute("tests/peers/guests/hostile.asm"),
                         {"PARAVIRT", "LIMITS", "ENDING=1"});
    CAPTURE(ran.out);
    CAPTURE(ran.err);
    CHECK_FALSE(contains(ran.out, "WRONG"));
    CHECK(contains(ran.out, "a write to the VMM: faulted\na hypercall from ring 3: faulted\n"));
    CHECK(contains(ran.out, "vmm: the guest is ended at 00000008:"));
    CHECK(ran.status == vmm_gave_up);
}

TEST_CASE("kernels made from seeds say on the paravirtual VMM what they say without one") {
    for (ringside::u64 seed = 100; seed < 110; ++seed) {
        CAPTURE(seed);
        const Folder folder;
        const fs::path source = folder.write("kernel.asm", ringside::property::random_kernel(seed));
        const Ran native = boot(folder, source, {});
        const Ran paravirtual = boot(folder, source, {"PARAVIRT"});
        CHECK(contains(native.out, "trail "));
        CHECK(native.status == success);
        CHECK(paravirtual.out == native.out);
        CHECK(paravirtual.status == success);
    }
}
