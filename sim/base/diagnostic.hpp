// What is wrong with a person's file: place, cause, and what would be right.
#pragma once
#include <string>

namespace ringside {

struct Diagnostic {
    std::string file{};     ///< empty when the fault is not in a file
    int line = 0;           ///< from 1; 0 when there is no line
    int column = 0;         ///< from 1; 0 when there is no column
    std::string message{};  ///< one sentence: what is wrong, what was expected
    std::string hint{};     ///< the nearest valid name or another way to mend it; may be empty

    /// "file:line:column: message (hint)", with the parts that there are.
    std::string text() const;
    bool operator==(const Diagnostic&) const = default;
};

}  // namespace ringside
