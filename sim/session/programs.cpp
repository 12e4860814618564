#include "sim/session/programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sim/base/files.hpp"
#include "sim/base/nearest.hpp"
#include "sim/session/guest_image.hpp"

namespace ringside::session {

namespace fs = std::filesystem;

namespace {

/// An option must mean something to one of the guests; the others are then as they always are.
Status check_option(const Scenario& scenario, const std::string& option) {
    std::vector<std::string> names;
    for (const Guest& guest : scenario.guests)
        for (const Variant& one : guest.variants) names.push_back(one.name);
    if (option.empty() || std::find(names.begin(), names.end(), option) != names.end()) return {};
    const std::string near = nearest(option, names);
    std::string hint = near.empty() ? "" : "did you mean \"" + near + "\"?";
    if (near.empty())
        for (const std::string& one : names) hint += (hint.empty() ? "it has " : ", ") + one;
    return Diagnostic{scenario.file.string(), 0, 0, "the scenario has no option \"" + option + "\"",
                      hint};
}

Status check_words(const Scenario& scenario, const RunChoice& choice) {
    const auto wrong = [&](const std::string& trouble) {
        return Diagnostic{scenario.file.string(), 0, 0, trouble, ""};
    };
    if (choice.guest_options.size() > scenario.guests.size())
        return wrong(fmt::format("there are options for {} guests, and the scenario has {}",
                                 choice.guest_options.size(), scenario.guests.size()));
    if (choice.vmm_options && choice.technique.image.empty())
        return wrong(fmt::format("there are options for the VMM, and under \"{}\" there is none",
                                 choice.technique.name));
    std::vector<std::string> all = choice.guest_options;
    all.push_back(choice.vmm_options.value_or(""));
    for (const std::string& options : all)
        if (const std::string trouble = trouble_with_options(options); !trouble.empty())
            return wrong(trouble);
    return {};
}

Result<Program> make_guest(const Scenario& scenario, size_t index, const RunChoice& choice) {
    const Guest& guest = scenario.guests[index];
    const Result<GuestBuild> build = guest_build(scenario, guest, choice);
    if (!build) return build.error();
    Result<Program> out = build_guest(*build, scenario.tree);
    if (!out) return out.error();
    out->file_name = guest.name + ".elf";
    out->options =
        index < choice.guest_options.size() ? choice.guest_options[index] : guest.options;
    out->image.name = out->command_line();
    return out;
}

Result<Program> read_vmm(const Installation& installation, const Scenario& scenario,
                         const RunChoice& choice) {
    const auto image = vmm_image(choice.technique, scenario);
    if (!image) return image.error();
    const fs::path path = installation.vmm(*image);
    std::error_code error;
    if (!fs::exists(path, error))
        return Diagnostic{path.string(), 0, 0,
                          "there is no image of the VMM for " + std::string(choice.technique.name),
                          ""};
    const Result<std::string> bytes = read_file(path, most_image);
    if (!bytes) return bytes.error();
    Program vmm{path.filename().string(), "", {bytes->begin(), bytes->end()}, {}};
    Result<image::Image> parsed = image::parse(vmm.bytes, path.string());
    if (!parsed) return parsed.error();
    vmm.image = std::move(*parsed);
    const auto said = scenario.vmm_options.find(std::string(choice.technique.name));
    vmm.options = choice.vmm_options                   ? *choice.vmm_options
                  : said != scenario.vmm_options.end() ? said->second
                                                       : "";
    vmm.image.name = vmm.command_line();
    return vmm;
}

/// What the guest's variant of this name, if it has one, says beyond the guest's own build.
void add_variant(GuestBuild& build, const Guest& guest, std::string_view name) {
    const Variant* variant = guest.variant(name);
    if (!variant) return;
    if (variant->build.source != guest.build.source) build.source = variant->build.source;
    const std::vector<std::string>& all = variant->build.defines;
    build.defines.insert(build.defines.end(),
                         all.begin() + static_cast<std::ptrdiff_t>(guest.build.defines.size()),
                         all.end());
}

}  // namespace

Result<std::string_view> vmm_image(const Technique& technique, const Scenario& scenario) {
    if (!scenario.in_64_bit_mode() || technique.image.empty()) return technique.image;
    if (!technique.image_64.empty()) return technique.image_64;
    return Diagnostic{
        scenario.file.string(), 0, 0,
        fmt::format("{} runs no 64-bit guest: {}", technique.name, technique.why_not_64), ""};
}

Result<GuestBuild> guest_build(const Scenario& scenario, const Guest& guest,
                               const RunChoice& choice) {
    if (const Status known = check_option(scenario, choice.option); !known) return known.error();
    GuestBuild out = guest.build;
    add_variant(out, guest, choice.technique.variant);
    if (choice.option != choice.technique.variant) add_variant(out, guest, choice.option);
    return out;
}

Result<Programs> make_programs(const Installation& installation, const Scenario& scenario,
                               const RunChoice& choice) {
    if (const Status known = check_words(scenario, choice); !known) return known.error();
    const bool alone = choice.technique.image.empty();
    Programs out;
    for (size_t i = 0; i < scenario.guests.size(); ++i) {
        if (alone && i != choice.guest) continue;
        Result<Program> guest = make_guest(scenario, i, choice);
        if (!guest) return guest.error();
        out.guests.push_back(std::move(*guest));
    }
    if (alone) return out;
    Result<Program> vmm = read_vmm(installation, scenario, choice);
    if (!vmm) return vmm.error();
    out.vmm = std::move(*vmm);
    return out;
}

}  // namespace ringside::session
