// The images that a scenario under a technique boots: kernel and modules, as a boot loader takes
// them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/image/image.hpp"
#include "sim/session/installation.hpp"

namespace ringside::session {

/// A program, as a boot loader takes it, and what is known of it.
struct Program {
    std::string file_name;  ///< "popf.elf", "trap-and-emulate.elf"
    std::vector<u8> bytes;
    image::Image image;
};

struct Programs {
    Program guest;
    std::optional<Program> vmm;

    /// QEMU's -kernel: the VMM, or the guest itself.
    const Program& kernel() const { return vmm ? *vmm : guest; }
    /// QEMU's -initrd: the guest, where there is a VMM.
    const Program* module() const { return vmm ? &guest : nullptr; }
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
