#include "scenarios/vmms/common/command_line.hpp"

#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {
namespace {

/// The rest of `text` behind `beginning`, or null if it begins otherwise.
const char* behind(const char* text, const char* beginning) {
    while (*beginning)
        if (*text++ != *beginning++) return nullptr;
    return text;
}
bool ends_here(const char* text) { return *text == 0 || *text == ' '; }
bool is_word(const char* text, const char* word) {
    const char* const rest = behind(text, word);
    return rest && ends_here(rest);
}

}  // namespace

bool CommandLine::choose(const char* name, const char* usual, const char* other) const {
    for (const char* word = text_; *word;) {
        const char* value = behind(word, name);
        if (value && *value == '=') {
            ++value;
            if (is_word(value, other)) return true;
            if (is_word(value, usual)) return false;
            stop("the option ", name, " is ", usual, " or ", other);
        }
        while (!ends_here(word)) ++word;
        while (*word == ' ') ++word;
    }
    return false;
}

}  // namespace ringside::vmm
