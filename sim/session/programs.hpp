// The images that a scenario under a technique boots: kernel and modules, as a boot loader takes
// them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/asm/assembler.hpp"
#include "sim/session/installation.hpp"

namespace ringside::session {

/// A file for a boot loader.
struct BootFile {
    std::string name;  ///< "popf.elf", "trap-and-emulate.elf"
    std::vector<u8> bytes;
};

struct Programs {
    assembler::Assembly guest;
    BootFile kernel;                 ///< QEMU's -kernel: the guest itself, or the VMM
    std::optional<BootFile> module;  ///< QEMU's -initrd: the guest, where there is a VMM
};

/// Which build of the guest, under what.
struct RunChoice {
    Technique technique;
    std::string option;  ///< a variant's name, or empty
};

/// Assembles the guest and reads the VMM's image.
Result<Programs> make_programs(const Installation& installation, const Scenario& scenario,
                               const RunChoice& choice);

/// The build that the option or else the technique asks for, or the guest as it is.
Result<GuestBuild> guest_build(const Scenario& scenario, const RunChoice& choice);

}  // namespace ringside::session
