// The rules of the repository that no compiler checks. Each takes a file's path and text and tells
// what breaks the rule, as "path:line: what".
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ringside::lint {

struct File {
    std::string path;  ///< relative to the root, with '/'
    std::string text;
};
using Violations = std::vector<std::string>;

/// Includes start at the root and point only downward.
Violations upward_includes(const File& file);
/// What programs inside the machine include needs no library.
Violations hosted_includes(const File& file);
/// Zydis is named only where instructions are decoded and encoded.
Violations stray_zydis(const File& file);
/// Nothing that builds, runs or tests lies outside the repository.
Violations leaving_paths(const File& file);
/// The simulator has no knowledge of techniques.
Violations technique_names(const File& file);

/// The text files of the repository below the current directory.
std::vector<File> repository();

}  // namespace ringside::lint
