// The paravirtual VMM in the simulator, which, unlike QEMU, checks segment limits: a guest that
// lies gets nothing, and kernels made from seeds say what they say without a VMM.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/program.hpp"
#include "tests/property/random_kernel.hpp"

namespace {

using namespace ringside::test;

const fs::path guests = fs::absolute("scenarios/guests");
constexpr int vmm_gave_up = 0x7f << 1 | 1, success = 0 << 1 | 1;

const fs::path own_guests = fs::absolute("tests/peers/guests");

fs::path vmm() {
    return program().parent_path().parent_path() / "share/ringside/vmms/paravirtual.elf";
}

std::string assemble(const Folder& folder, const std::string& name, const fs::path& source,
                     const std::vector<std::string>& defines) {
    std::string image = (folder.path() / name).string();
    std::vector<std::string> arguments{"asm", source.string(), "-I", guests.string(), "-o", image};
    for (const std::string& one : defines) arguments.insert(arguments.end(), {"-D", one});
    const Ran assembled = invoke(folder, arguments);
    REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
    return image;
}

/// Assembles `source` and boots it: as the module of the paravirtual VMM if `defines` say that it
/// is built for it.
Ran boot(const Folder& folder, const fs::path& source, const std::vector<std::string>& defines) {
    const std::string image = assemble(folder, "guest.elf", source, defines);
    if (defines.empty()) return invoke(folder, {"boot", image});
    return invoke(folder, {"boot", vmm().string(), "--module", image});
}

struct Pair {
    std::string first, second;  ///< what each of the guests has said
    int status;
};

/// Two guests on the paravirtual VMM.
Pair boot_two(const Folder& folder, const std::string& first, const std::string& second) {
    const std::string serial = (folder.path() / "second.txt").string();
    const Ran ran = invoke(folder, {"boot", "--max-instructions", "300000000", vmm().string(),
                                    "--module", first, "--module", second, "--serial2", serial});
    return {ran.out, slurp(serial), ran.status};
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

TEST_CASE("each word of the paravirtual interface means what it means in Xen") {
    const Folder folder;
    const Ran ran = boot(folder, own_guests / "paravirtual/whole.asm", {"PARAVIRT"});
    CAPTURE(ran.out);
    CHECK(ran.out.starts_with("command line: guest.elf\nset_trap_table: ok\n"));
    CHECK_FALSE(contains(ran.out, "WRONG"));
    CHECK(ran.out.ends_with("no trap table: ok\n"));
    CHECK(ran.status == success);
}

TEST_CASE("two paravirtual guests talk to each other by event channels") {
    const Folder folder;
    const fs::path telegraph = guests / "telegraph";
    const Pair pair =
        boot_two(folder, assemble(folder, "a.elf", telegraph / "sender.asm", {"PARAVIRT"}),
                 assemble(folder, "b.elf", telegraph / "receiver.asm", {"PARAVIRT"}));
    CHECK(pair.first == "letters sent = 19\nbits answered = D0\n");
    CHECK(pair.second == "What hath ring 0 wrought\nletters received = 19\n");
    CHECK(pair.status == success);
}

TEST_CASE("two paravirtual guests that know nothing of each other say what they say alone") {
    const Folder folder;
    const std::string ringlet =
        assemble(folder, "a.elf", guests / "ringlet/ringlet.asm", {"PARAVIRT"});
    const std::string hlt = assemble(folder, "b.elf", guests / "hlt/hlt.asm", {"PARAVIRT"});
    const std::string ringlet_says = slurp("tests/golden/serial/ringlet.txt"),
                      hlt_says = slurp("tests/golden/serial/hlt.txt");
    const Pair one = boot_two(folder, ringlet, hlt);
    CHECK(one.first == ringlet_says);
    CHECK(one.second == hlt_says);
    const Pair other = boot_two(folder, hlt, ringlet);
    CHECK(other.first == hlt_says);
    CHECK(other.second == ringlet_says);
    const Pair same = boot_two(folder, ringlet, ringlet);
    CHECK(same.first == ringlet_says);
    CHECK(same.second == ringlet_says);
    CHECK(same.status == success);
}

TEST_CASE(
    "a hostile paravirtual guest is ended with a sentence on its own line, and the other guest "
    "finishes") {
    const Folder folder;
    const std::string ringlet =
        assemble(folder, "good.elf", guests / "ringlet/ringlet.asm", {"PARAVIRT"});
    const std::string ringlet_says = slurp("tests/golden/serial/ringlet.txt");
    for (const char* ending : {"ENDING=1", "ENDING=2", "ENDING=3", "ENDING=4"}) {
        CAPTURE(ending);
        const std::string hostile =
            assemble(folder, "bad.elf", own_guests / "hostile.asm", {"PARAVIRT", "LIMITS", ending});
        const Pair first = boot_two(folder, hostile, ringlet);
        CHECK_FALSE(contains(first.first, "WRONG"));
        CHECK(contains(first.first, "vmm: the guest is ended at "));
        CHECK(first.second == ringlet_says);
        CHECK(first.status == vmm_gave_up);
        const Pair second = boot_two(folder, ringlet, hostile);
        CHECK(second.first == ringlet_says);
        CHECK(second.second == first.first);
        CHECK(second.status == vmm_gave_up);
    }
}

TEST_CASE("an option adds to the build for the paravirtual VMM, and takes nothing from it") {
    const Folder folder;
    const auto run =
        nlohmann::json::parse(invoke(folder, {"run", "ringlet", "--technique", "paravirtual",
                                              "--option", "safe", "--report", "json"})
                                  .out);
    CHECK(run["outcome"] == "completed");
    CHECK(run["hypercalls"] > 100);
    CHECK(run["serial"] == slurp("tests/golden/serial/ringlet.txt"));
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
