// A picture in memory, and as a PNG file.
#pragma once
#include <string>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/base/types.hpp"

namespace ringside::ui {

struct Picture {
    int width = 0, height = 0;
    std::vector<u8> rgb;  ///< rows from the top
};

/// Writes beside `file` first and renames, so that nothing half-written is left.
Status write_png(const Picture& picture, const std::string& file);

}  // namespace ringside::ui
