// What each sensitive, unprivileged instruction gives away, for the words on the screen.
#pragma once
#include <string>

#include "sim/isa/instructions.hpp"

namespace ringside::ui {

struct SensitiveWords {
    const char* headline = "";  ///< after "POPF ran at CPL 1 without trapping: "
    const char* why = "";
    const char* source = "";
};

SensitiveWords sensitive_words(isa::Op op);
/// The mnemonic in capitals, as the manual spells it.
std::string manual_name(isa::Op op);

}  // namespace ringside::ui
