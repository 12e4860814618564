#include "sim/session/scenario.hpp"

#include "sim/base/files.hpp"

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
    const Result<std::string> text = read_file(file, most_text);
    return text ? parse_scenario(*text, file, tree) : text.error();
}

}  // namespace ringside::session
