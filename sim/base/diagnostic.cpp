#include "sim/base/diagnostic.hpp"

namespace ringside {

std::string Diagnostic::text() const {
    std::string out = file;
    if (line > 0) out += ":" + std::to_string(line);
    if (line > 0 && column > 0) out += ":" + std::to_string(column);
    if (!out.empty()) out += ": ";
    out += message;
    if (!hint.empty()) out += " (" + hint + ")";
    return out;
}

}  // namespace ringside
