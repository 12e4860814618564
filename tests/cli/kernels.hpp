// Small kernels on the guests' include files, and VMMs that run them.
#pragma once
#include <doctest/doctest.h>

#include "tests/cli/program.hpp"

namespace ringside::test {

inline constexpr int success = 0 << 1 | 1, vmm_gave_up = 0x7f << 1 | 1;

/// The image of a technique's VMM.
inline std::string vmm_image(const std::string& technique) {
    const fs::path build = program().parent_path().parent_path();
    return (build / "share/ringside/vmms" / (technique + ".elf")).string();
}

inline std::string assemble(const Folder& folder, const fs::path& source) {
    const std::string image = (folder.path() / (source.stem().string() + ".elf")).string();
    const Ran assembled = invoke(folder, {"asm", source.string(), "-I",
                                          fs::absolute("scenarios/guests").string(), "-o", image});
    REQUIRE_MESSAGE(assembled.status == 0, assembled.err);
    return image;
}
/// A kernel whose `main` is `body`: its source, and its image.
inline std::string kernel_text(const std::string& body) {
    return "bits 32\n%include \"common/guest.inc\"\nsection .text\nmain:\n" + body +
           "\n    ret\nsection .data\nobservations:\n.end:\n";
}
inline std::string kernel(const Folder& folder, const std::string& body,
                          const std::string& name = "guest") {
    return assemble(folder, folder.write(name + ".asm", kernel_text(body)));
}

/// `options` are the VMM's.
inline Ran boot_under(const Folder& folder, const std::string& technique,
                      const std::string& options, const std::string& image) {
    std::vector<std::string> arguments = {
        "boot", "--max-instructions", "50000000", vmm_image(technique), "--module", image};
    if (!options.empty()) arguments.insert(arguments.end(), {"--options", options});
    return invoke(folder, arguments);
}
inline Ran boot_kernel(const std::string& technique, const std::string& body,
                       const std::string& options = "") {
    const Folder folder;
    return boot_under(folder, technique, options, kernel(folder, body));
}

}  // namespace ringside::test
