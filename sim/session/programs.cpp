#include "sim/session/programs.hpp"

#include <filesystem>

#include "sim/base/files.hpp"
#include "sim/base/nearest.hpp"
#include "sim/session/guest_image.hpp"

namespace ringside::session {

namespace fs = std::filesystem;

Result<GuestBuild> guest_build(const Scenario& scenario, const RunChoice& choice) {
    if (choice.option.empty()) {
        const Variant* variant = scenario.variant(choice.technique.variant);
        return variant ? variant->build : scenario.guest;
    }
    if (const Variant* variant = scenario.variant(choice.option)) return variant->build;
    std::vector<std::string> names;
    for (const Variant& one : scenario.variants) names.push_back(one.name);
    const std::string near = nearest(choice.option, names);
    std::string hint = near.empty() ? "" : "did you mean \"" + near + "\"?";
    if (near.empty())
        for (const std::string& one : names) hint += (hint.empty() ? "it has " : ", ") + one;
    return Diagnostic{scenario.file.string(), 0, 0,
                      "the scenario has no option \"" + choice.option + "\"", hint};
}

Result<Programs> make_programs(const Installation& installation, const Scenario& scenario,
                               const RunChoice& choice) {
    const Result<GuestBuild> build = guest_build(scenario, choice);
    if (!build) return build.error();
    Result<Program> guest = build_guest(*build, scenario.tree);
    if (!guest) return guest.error();
    guest->file_name = guest->image.name = scenario.name + ".elf";
    Programs out{std::move(*guest), {}};
    if (choice.technique.image.empty()) return out;

    const fs::path path = installation.vmm(choice.technique);
    std::error_code error;
    if (!fs::exists(path, error))
        return Diagnostic{path.string(), 0, 0,
                          "there is no image of the VMM for " + std::string(choice.technique.name),
                          ""};
    const Result<std::string> bytes = read_file(path, most_image);
    if (!bytes) return bytes.error();
    Program vmm{path.filename().string(), {bytes->begin(), bytes->end()}, {}};
    Result<image::Image> parsed = image::parse(vmm.bytes, path.string());
    if (!parsed) return parsed.error();
    vmm.image = std::move(*parsed);
    // The name reaches the program as its command line: no path of this machine in it.
    vmm.image.name = vmm.file_name;
    out.vmm = std::move(vmm);
    return out;
}

}  // namespace ringside::session
