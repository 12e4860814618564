#include "sim/session/techniques.hpp"

#include "sim/base/nearest.hpp"

namespace ringside::session {
namespace {

constexpr Technique table[] = {
    {"native", "", ""},
    {"trap-and-emulate", "trap-and-emulate.elf", ""},
    {"binary-translation", "binary-translation.elf", ""},
    {"paravirtual", "paravirtual.elf", "paravirtual"},
    {"vt-x", "vt-x.elf", ""},
    {"hosted-vt-x", "hosted-vt-x.elf", ""},
    {"hosted-binary-translation", "hosted-binary-translation.elf", ""},
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
