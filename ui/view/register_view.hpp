// What the register panel shows; what the last step changed is marked.
#pragma once
#include <string>
#include <vector>

#include "ui/view/world.hpp"

namespace ringside::ui {

struct RegisterRow {
    std::string name;
    std::string value;
    std::string before;  ///< the value before the last step, when it changed
    bool changed = false;
    std::string note;  ///< the value read aloud: "ring 1, code"
};

struct FlagCell {
    std::string name;
    std::string value;  ///< "0", "1"; IOPL: "0" to "3"
    bool set = false;
    bool changed = false;
    std::string meaning;  ///< one sentence, with the manual's title
};

struct RegisterView {
    std::vector<RegisterRow> general;   ///< EAX … ESP, EIP
    std::vector<FlagCell> flags;        ///< of EFLAGS
    std::string eflags;                 ///< the whole word
    std::vector<RegisterRow> segments;  ///< selectors with their rings
    std::vector<RegisterRow> system;    ///< control registers, tables
};

}  // namespace ringside::ui
