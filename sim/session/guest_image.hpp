// A guest's source → its image, with names and lines.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/session/programs.hpp"
#include "sim/session/scenario.hpp"

namespace ringside::session {

/// "NAME" or "NAME=TEXT" as an assembler's definition; a name alone is defined as 1.
std::pair<std::string, std::string> definition(const std::string& text);

/// Assembles a guest. `%include` looks in the source's folder and then in those above it, up to
/// the root of the scenario's tree. The diagnostic is the first error, with its place.
Result<Program> build_guest(const GuestBuild& build, const std::filesystem::path& tree);

/// The folders, from the source's own up to `tree`, in which includes are looked for.
std::vector<std::string> include_folders(const std::filesystem::path& source,
                                         const std::filesystem::path& tree);

}  // namespace ringside::session
