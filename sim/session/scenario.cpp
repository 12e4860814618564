#include "sim/session/scenario.hpp"

#include <fstream>
#include <iterator>

namespace ringside::session {

std::string_view name_of(ScenarioKind kind) {
    switch (kind) {
        case ScenarioKind::Scenario: return "scenario";
        case ScenarioKind::Lesson: return "lesson";
        case ScenarioKind::Lab: return "lab";
    }
    return "";
}

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::Completed: return "completed";
        case Outcome::Failed: return "failed";
        case Outcome::Limit: return "limit";
        case Outcome::Unsupported: return "unsupported";
    }
    return "";
}

const Variant* Scenario::variant(std::string_view wanted) const {
    for (const Variant& one : variants)
        if (one.name == wanted) return &one;
    return nullptr;
}

const Declared* Scenario::declared_for(std::string_view technique) const {
    for (const Declared& one : declared)
        if (one.technique == technique) return &one;
    return nullptr;
}

Result<Scenario> load_scenario(const std::filesystem::path& file,
                               const std::filesystem::path& tree) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return Diagnostic{file.string(), 0, 0, "cannot read the scenario file", ""};
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return parse_scenario(text, file, tree);
}

}  // namespace ringside::session
