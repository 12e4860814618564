// Diagnostics with the macros they came through.
#include "sim/asm/reports.hpp"

#include <algorithm>

namespace ringside::assembler {

u32 Reports::add_file(std::string name) {
    const auto found = std::find(files_.begin(), files_.end(), name);
    if (found != files_.end()) return static_cast<u32>(found - files_.begin());
    files_.push_back(std::move(name));
    return static_cast<u32>(files_.size() - 1);
}

void Reports::add(const Line& line, int column, std::string message, std::string hint) {
    if (full()) return;
    Diagnostic d;
    d.file = files_[line.place.file];
    d.line = line.place.line;
    d.column = column;
    d.message = std::move(message);
    d.hint = std::move(hint);
    int named = 0;
    for (const Use* use = line.use.get(); use && named < 4; use = use->outer.get(), ++named)
        d.message += ", in '" + use->macro + "' used at " + files_[use->place.file] + ":" +
                     std::to_string(use->place.line);
    // A macro with one mistake used in a loop says it once.
    if (std::find(all_.begin(), all_.end(), d) == all_.end()) all_.push_back(std::move(d));
}

}  // namespace ringside::assembler
