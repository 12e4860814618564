#include "sim/base/nearest.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ringside {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Nobody mistypes a name of this length by a letter or two.
constexpr size_t longest = 64;

/// Letters put in, left out, replaced, or swapped with their neighbour: how many, if that is at
/// most `allowed`, else some number above it.
size_t edit_distance(std::string_view a, std::string_view b, size_t allowed) {
    std::array<size_t, longest + 1> rows[3];
    size_t *two_above = rows[0].data(), *above = rows[1].data(), *row = rows[2].data();
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        std::swap(two_above, above);
        std::swap(above, row);
        row[0] = i;
        size_t least = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({above[j - 1] + (same ? 0 : 1), above[j] + 1, row[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
            least = std::min(least, row[j]);
        }
        // A later row can only be better by a swap, which goes back over one row.
        if (least > allowed + 1) return least;
    }
    return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
    size_t allowed = std::max<size_t>(name.size() / 3, name.size() >= 4 ? 2 : 1);
    std::string best;
    if (name.size() > longest) return best;
    for (const std::string& candidate : candidates) {
        const size_t longer = std::max(name.size(), candidate.size());
        if (candidate.size() > longest ||
            longer - std::min(name.size(), candidate.size()) > allowed)
            continue;
        const size_t distance = edit_distance(name, candidate, allowed);
        if (distance <= allowed && distance < std::max<size_t>(candidate.size(), 1)) {
            if (!best.empty() && distance == allowed) continue;
            best = candidate;
            allowed = distance;
        }
    }
    return best;
}

}  // namespace ringside
