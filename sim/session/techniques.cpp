#include "sim/session/techniques.hpp"

#include "sim/base/nearest.hpp"

namespace ringside::session {
namespace {

constexpr std::string_view no_limits =
    "at ring 1 a guest's kernel is kept out of the VMM's memory by the limits of its segments, and "
    "64-bit mode does not check limits: SDM 3A \"Limit Checking\"";
constexpr std::string_view no_limits_in_2006 =
    "at ring 1 a guest's kernel is kept out of the VMM's memory by the limits of its segments, and "
    "64-bit mode does not check limits: SDM 3A \"Limit Checking\". Adams and Agesen (2006) say of "
    "their own 64-bit translator that it was not safe for this reason";
constexpr std::string_view xen_64 =
    "at ring 1 a guest's kernel is kept out of the VMM's memory by the limits of its segments, and "
    "64-bit mode does not check limits: 64-bit kernels of Xen's run at ring 3, which this VMM does "
    "not do";
constexpr std::string_view legacy_host =
    "its host is in 32-bit mode, and only from IA-32e mode can a guest be entered that is in it: "
    "SDM 3C \"Checks Related to Address-Space Size\"; the VMM of vt-x is";

constexpr Technique table[] = {
    {"native", "", ""},
    {"trap-and-emulate", "trap-and-emulate.elf", "", "", no_limits},
    {"binary-translation", "binary-translation.elf", "", "", no_limits_in_2006},
    {"paravirtual", "paravirtual.elf", "paravirtual", "", xen_64},
    {"vt-x", "vt-x.elf", "", "vt-x-64.elf"},
    {"hosted-vt-x", "hosted-vt-x.elf", "", "", legacy_host},
    {"hosted-binary-translation", "hosted-binary-translation.elf", "", "", no_limits_in_2006},
};

}  // namespace

std::span<const Technique> techniques() { return table; }

std::vector<std::string> technique_names() {
    std::vector<std::string> names;
    for (const Technique& one : table) names.emplace_back(one.name);
    return names;
}

Result<Technique> find_technique(std::string_view name) {
    for (const Technique& one : table)
        if (one.name == name) return one;
    const std::string near = nearest(name, technique_names());
    return Diagnostic{"", 0, 0, "there is no technique \"" + std::string(name) + "\"",
                      near.empty() ? "see ringside run --help" : "did you mean \"" + near + "\"?"};
}

}  // namespace ringside::session
