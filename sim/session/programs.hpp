// The images that a scenario under a technique boots: kernel and modules, as a boot loader takes
// them.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/image/image.hpp"
#include "sim/session/installation.hpp"

namespace ringside::session {

/// A program, as a boot loader takes it, and what is known of it.
struct Program {
    std::string file_name;  ///< "popf.elf", "trap-and-emulate.elf"
    std::string options;    ///< words that it is given
    std::vector<u8> bytes;
    image::Image image;

    /// What Multiboot calls its string: the file's name, then the options. No path of this machine.
    std::string command_line() const {
        return options.empty() ? file_name : file_name + " " + options;
    }
};

struct Programs {
    std::vector<Program> guests;  ///< one, if there is no VMM
    std::optional<Program> vmm;

    /// QEMU's -kernel: the VMM, or the guest itself.
    const Program& kernel() const { return vmm ? *vmm : guests.front(); }
    /// QEMU's -initrd: the guests, where there is a VMM.
    std::span<const Program> modules() const { return vmm ? guests : std::span<const Program>(); }
};

/// Which build of the guests, under what, and what is said to them.
struct RunChoice {
    Technique technique;
    std::string option;  ///< a variant's name, or empty
    size_t guest = 0;    ///< without a VMM the machine has room for one: which
    std::optional<std::string> vmm_options = {};  ///< in the place of the scenario's
    std::vector<std::string> guest_options = {};  ///< in the place of the scenario's, in order
};

/// Assembles the guests and reads the VMM's image.
Result<Programs> make_programs(const Installation& installation, const Scenario& scenario,
                               const RunChoice& choice);

/// The VMM's image for these guests; empty if the technique has no VMM. A diagnostic if it has none
/// for 64-bit guests, and there is one.
Result<std::string_view> vmm_image(const Technique& technique, const Scenario& scenario);

/// The guest's own build, with what the technique and the option, each, add to it.
Result<GuestBuild> guest_build(const Scenario& scenario, const Guest& guest,
                               const RunChoice& choice);

}  // namespace ringside::session
