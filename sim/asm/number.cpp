// Numbers and character constants.
#include <cctype>

#include "sim/asm/expression.hpp"

namespace ringside::assembler {
namespace {

bool digits(std::string_view text, unsigned radix, u64& value) {
    value = 0;
    bool any = false;
    for (const char c : text) {
        if (c == '_') continue;
        const int lowered = std::tolower(static_cast<unsigned char>(c));
        unsigned digit = 99;
        if (lowered >= '0' && lowered <= '9') digit = static_cast<unsigned>(lowered - '0');
        if (lowered >= 'a' && lowered <= 'z') digit = static_cast<unsigned>(lowered - 'a') + 10;
        if (digit >= radix) return false;
        if (value > (~u64{0} - digit) / radix) return false;
        value = value * radix + digit;
        any = true;
    }
    return any;
}

unsigned radix_of(char letter) {
    switch (std::tolower(static_cast<unsigned char>(letter))) {
        case 'x':
        case 'h': return 16;
        case 'b':
        case 'y': return 2;
        case 'o':
        case 'q': return 8;
        case 'd':
        case 't': return 10;
        default: return 0;
    }
}

}  // namespace

bool looks_like_number(std::string_view word) {
    if (word.empty()) return false;
    if (word[0] == '$') return word.size() > 1 && std::isdigit(static_cast<unsigned char>(word[1]));
    return std::isdigit(static_cast<unsigned char>(word[0])) != 0;
}

bool parse_number(std::string_view word, u64& value) {
    if (word.empty()) return false;
    if (word[0] == '$') return digits(word.substr(1), 16, value);
    // A suffix decides first: 0b1h is hexadecimal, and so NASM reads it.
    const char last = word.back();
    if (std::tolower(static_cast<unsigned char>(last)) == 'h' &&
        !(word.size() > 1 && std::tolower(static_cast<unsigned char>(word[1])) == 'x'))
        return digits(word.substr(0, word.size() - 1), 16, value);
    if (word.size() > 2 && word[0] == '0' && radix_of(word[1]) != 0 &&
        digits(word.substr(2), radix_of(word[1]), value))
        return true;
    if (const unsigned radix = radix_of(last); radix != 0 && word.size() > 1)
        return digits(word.substr(0, word.size() - 1), radix, value);
    return digits(word, 10, value);
}

u64 character_constant(std::string_view text) {
    u64 value = 0;
    for (size_t i = 0; i < text.size() && i < 8; ++i)
        value |= u64{static_cast<unsigned char>(text[i])} << (8 * i);
    return value;
}

}  // namespace ringside::assembler
