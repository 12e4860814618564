// The valid name nearest to a misspelt one, for diagnostics.
#pragma once
#include <span>
#include <string>
#include <string_view>

namespace ringside {

/// The candidate with the smallest edit distance to `name`, ignoring case; empty when none is
/// within a third of the name's length (at least 2 edits are allowed for names of 4 or more, else
/// 1). Two neighbouring letters swapped are one edit.
std::string nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace ringside
