// The self-checking VMX programs of tests/system/vmx, of a 32-bit and of a 64-bit VMM: here and on
// Bochs, whose VMX is not ours. What they expect is the manual's, and both must say the same.
#include <doctest/doctest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/peers/bochs.hpp"
#include "tests/peers/qemu.hpp"

namespace {

namespace fs = std::filesystem;
using namespace ringside::peers;

bool can_run(const std::vector<std::string>& programs) {
    const std::string missing = missing_program(programs);
    if (!missing.empty()) std::printf("SKIPPED %s is not installed\n", missing.c_str());
    return missing.empty();
}

fs::path built(const WorkFolder& folder, const std::string& name) {
    const fs::path image = folder.path() / (name + ".elf");
    std::string messages;
    REQUIRE_MESSAGE(build_guest("tests/system/vmx/" + name + ".asm", {}, image, messages),
                    messages);
    return image;
}

/// The serial output of `ringside boot`.
std::string run_here(const fs::path& image) {
    const std::string out = image.string() + ".here";
    const std::string command = std::string("'") + RINGSIDE_PROGRAM +
                                "' boot --max-instructions 20000000 '" + image.string() + "' > '" +
                                out + "' 2> '" + out + ".errors'";
    const int status = std::system(command.c_str());
    CHECK(status >= 0);
    return read_file(out);
}

/// Every line that tells of a difference.
std::string differences(const std::string& output) {
    std::string found;
    for (size_t at = 0; at < output.size();) {
        const size_t end = std::min(output.find('\n', at), output.size());
        const std::string line = output.substr(at, end - at);
        if (line.find(", should be ") != std::string::npos) found += line + "\n";
        at = end + 1;
    }
    return found;
}
bool complete(const std::string& output) {
    return output.size() > 5 && output.substr(output.size() - 5) == "done\n";
}

}  // namespace

TEST_CASE("the VMX programs find what the manual says") {
    if (!can_run({"nasm", "ld.lld"})) return;
    // Bochs cannot run those of the last two: they say why.
    for (const char* program : {"vmx", "long", "alone", "long_alone"}) {
        CAPTURE(program);
        const WorkFolder folder;
        const std::string here = run_here(built(folder, program));
        CHECK(complete(here));
        CHECK(differences(here) == "");
    }
}

TEST_CASE("the VMX programs say the same on Bochs") {
    if (!can_run({"bochs", "grub-mkrescue", "xorriso", "mformat", "nasm", "ld.lld"})) return;
    for (const char* program : {"vmx", "long"}) {
        CAPTURE(program);
        const WorkFolder folder;
        const fs::path image = built(folder, program);
        const std::string here = run_here(image);
        CHECK(run_bochs(image, {}, here, 240) == here);
    }
}
