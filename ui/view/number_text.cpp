// Formatting without locale.
#include "ui/view/number_text.hpp"

#include <cstdio>

namespace ringside::ui {

std::string hex(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

std::string hex32(u64 value) {
    char text[24];
    std::snprintf(text, sizeof text, "%08llx", static_cast<unsigned long long>(value));
    return text;
}

std::string grouped(u64 value) {
    std::string digits = std::to_string(value);
    for (int at = int(digits.size()) - 3; at > 0; at -= 3) digits.insert(size_t(at), " ");
    return digits;
}

std::string counted(u64 count, const char* one, const char* many) {
    return grouped(count) + " " + (count == 1 ? one : many);
}

}  // namespace ringside::ui
