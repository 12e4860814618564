#include "sim/base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace ringside {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

/// Letters put in, left out, replaced, or swapped with their neighbour.
size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<size_t> two_above, above, row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        two_above = std::move(above);
        above = row;
        row[0] = i;
        for (size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({above[j - 1] + (same ? 0 : 1), above[j] + 1, row[j - 1] + 1});
            const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                                 lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) row[j] = std::min(row[j], two_above[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view name, std::span<const std::string> candidates) {
    size_t allowed = std::max<size_t>(name.size() / 3, name.size() >= 4 ? 2 : 1);
    std::string best;
    for (const std::string& candidate : candidates) {
        const size_t distance = edit_distance(name, candidate);
        if (distance <= allowed && distance < std::max<size_t>(candidate.size(), 1)) {
            if (!best.empty() && distance == allowed) continue;
            best = candidate;
            allowed = distance;
        }
    }
    return best;
}

}  // namespace ringside
