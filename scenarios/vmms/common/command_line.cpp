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

const char* CommandLine::value_of(const char* name) const {
    for (const char* word = text_; *word;) {
        const char* value = behind(word, name);
        if (value && *value == '=') return value + 1;
        while (!ends_here(word)) ++word;
        while (*word == ' ') ++word;
    }
    return nullptr;
}

bool CommandLine::choose(const char* name, const char* usual, const char* other) const {
    const char* const value = value_of(name);
    if (!value || is_word(value, usual)) return false;
    if (is_word(value, other)) return true;
    stop("the option ", name, " is ", usual, " or ", other);
}

u32 CommandLine::number(const char* name, u32 otherwise) const {
    const char* digit = value_of(name);
    if (!digit) return otherwise;
    u32 value = 0;
    do {
        if (*digit < '0' || *digit > '9' || value >= 100'000'000)
            stop("the option ", name, " is a number below a thousand million");
        value = value * 10 + u32(*digit - '0');
    } while (!ends_here(++digit));
    return value;
}

}  // namespace ringside::vmm
