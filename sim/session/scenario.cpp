#include "sim/session/scenario.hpp"

#include <algorithm>

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

const Variant* Guest::variant(std::string_view wanted) const {
    for (const Variant& one : variants)
        if (one.name == wanted) return &one;
    return nullptr;
}

bool Scenario::in_64_bit_mode() const {
    return std::any_of(guests.begin(), guests.end(),
                       [](const Guest& guest) { return guest.mode == 64; });
}

const Declared* Scenario::declared_for(std::string_view technique, std::string_view guest) const {
    for (const Declared& one : declared)
        if (one.technique == technique && (one.guest.empty() || one.guest == guest)) return &one;
    return nullptr;
}

std::string trouble_with_options(std::string_view options) {
    constexpr size_t longest = 200;  // VMMs hand 255 bytes on to a guest, its file's name included
    if (options.size() > longest) return "options are at most 200 characters long";
    for (const char c : options)
        if (c < 0x20 || c > 0x7e) return "options are words of printable ASCII characters";
    return "";
}

Result<Scenario> load_scenario(const std::filesystem::path& file,
                               const std::filesystem::path& tree) {
    const Result<std::string> text = read_file(file, most_text);
    return text ? parse_scenario(*text, file, tree) : text.error();
}

}  // namespace ringside::session
