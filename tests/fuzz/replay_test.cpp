// The fuzz targets in the ordinary test run: the kept corpus, and a short run of mutations of it.
// It is the same every time; searching for new inputs is what tests/fuzz/run.sh is for.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "sim/base/files.hpp"
#include "sim/base/types.hpp"

using namespace ringside;

extern "C" {
int fuzz_code(const u8* bytes, size_t count);
int fuzz_tables(const u8* bytes, size_t count);
int fuzz_vmcs(const u8* bytes, size_t count);
int fuzz_image(const u8* bytes, size_t count);
int fuzz_assembly(const u8* bytes, size_t count);
int fuzz_scenario(const u8* bytes, size_t count);
}

namespace {

using Bytes = std::vector<u8>;
using Target = int (*)(const u8* bytes, size_t count);

struct Kept {
    std::string name;
    Bytes bytes;
};

/// The inputs below tests/fuzz/corpus/`target`, by name.
std::vector<Kept> corpus(const std::string& target) {
    std::vector<Kept> kept;
    for (const auto& entry : std::filesystem::directory_iterator("tests/fuzz/corpus/" + target)) {
        const auto text = read_file(entry.path().string(), 1 << 20);
        REQUIRE(text.ok());
        kept.push_back({entry.path().filename().string(), Bytes(text->begin(), text->end())});
    }
    std::ranges::sort(kept, {}, &Kept::name);
    return kept;
}

/// A few changes: bits, bytes, a piece dropped, a piece of another input put in.
Bytes mutate(Bytes bytes, const Bytes& other, std::mt19937& random) {
    const auto below = [&](size_t n) { return n ? random() % n : 0; };
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
        const size_t at = below(bytes.size() + 1);
        const auto here = bytes.begin() + ptrdiff_t(at);
        switch (below(5)) {
            case 0:
                if (at < bytes.size()) bytes[at] ^= u8(1u << below(8));
                break;
            case 1:
                if (at < bytes.size()) bytes[at] = u8(random());
                break;
            case 2: bytes.insert(here, u8(random())); break;
            case 3:
                bytes.erase(here,
                            here + ptrdiff_t(below(std::min<size_t>(bytes.size() - at, 16) + 1)));
                break;
            default: {
                const size_t from = below(other.size() + 1);
                const size_t count = below(std::min<size_t>(other.size() - from, 32) + 1);
                bytes.insert(here, other.begin() + ptrdiff_t(from),
                             other.begin() + ptrdiff_t(from + count));
            }
        }
    }
    return bytes;
}

/// Runs one input. A broken invariant ends the program: the input is then left in a file, for
/// build/fuzz/bin/fuzz_NAME.
void run_one(const std::string& name, Target target, const Bytes& bytes) {
    const auto file = std::filesystem::temp_directory_path() / ("ringside-fuzz-" + name);
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
    CHECK(target(bytes.data(), bytes.size()) == 0);
    std::filesystem::remove(file);
}

/// RINGSIDE_FUZZ_MUTATIONS: another number of them, for each target.
unsigned long mutations() {
    const char* asked = std::getenv("RINGSIDE_FUZZ_MUTATIONS");
    return asked ? std::strtoul(asked, nullptr, 10) : 1000;
}

void replay(const std::string& name, Target target) {
    const std::vector<Kept> kept = corpus(name);
    REQUIRE(kept.size() >= 10);
    std::printf("should %s break an invariant, its input is in %s\n", name.c_str(),
                (std::filesystem::temp_directory_path() / ("ringside-fuzz-" + name)).c_str());
    std::fflush(stdout);
    for (const Kept& one : kept) run_one(name, target, one.bytes);
    std::mt19937 random(20261128);
    for (unsigned long left = mutations(); left > 0; --left) {
        const Kept& from = kept[random() % kept.size()];
        run_one(name, target, mutate(from.bytes, kept[random() % kept.size()].bytes, random));
    }
}

}  // namespace

TEST_CASE("any bytes as code, in every mode, keep the invariants of a machine") {
    replay("code", fuzz_code);
}
TEST_CASE("any descriptor and page tables keep the invariants of a machine") {
    replay("tables", fuzz_tables);
}
TEST_CASE("any VMCS and any VMX instructions keep the invariants of a machine") {
    replay("vmcs", fuzz_vmcs);
}
TEST_CASE("any file as a program, a disk or a ROM is refused with a reason or runs") {
    replay("image", fuzz_image);
}
TEST_CASE("any text as assembler source gives a program or a reason") {
    replay("assembly", fuzz_assembly);
}
TEST_CASE("any text as a scenario file gives a scenario or a reason") {
    replay("scenario", fuzz_scenario);
}
