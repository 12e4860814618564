// The operands of probe arguments.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sim/image/probes.hpp"

namespace ringside::image {

namespace {
struct RegisterName {
    const char* name;
    u8 number, width;
    bool high;
};
constexpr RegisterName register_names[] = {
    {"eax", 0, 4, false},   {"ecx", 1, 4, false},   {"edx", 2, 4, false},   {"ebx", 3, 4, false},
    {"esp", 4, 4, false},   {"ebp", 5, 4, false},   {"esi", 6, 4, false},   {"edi", 7, 4, false},
    {"ax", 0, 2, false},    {"cx", 1, 2, false},    {"dx", 2, 2, false},    {"bx", 3, 2, false},
    {"sp", 4, 2, false},    {"bp", 5, 2, false},    {"si", 6, 2, false},    {"di", 7, 2, false},
    {"al", 0, 1, false},    {"cl", 1, 1, false},    {"dl", 2, 1, false},    {"bl", 3, 1, false},
    {"r8d", 8, 4, false},   {"r9d", 9, 4, false},   {"r10d", 10, 4, false}, {"r11d", 11, 4, false},
    {"r12d", 12, 4, false}, {"r13d", 13, 4, false}, {"r14d", 14, 4, false}, {"r15d", 15, 4, false},
    {"ah", 0, 1, true},     {"ch", 1, 1, true},     {"dh", 2, 1, true},     {"bh", 3, 1, true},
};

const RegisterName* find_register(std::string_view text) {
    const auto found = std::ranges::find(register_names, text, &RegisterName::name);
    return found == std::end(register_names) ? nullptr : found;
}

/// A 32-bit register in an address.
std::optional<u8> address_register(std::string_view text) {
    const RegisterName* found = find_register(text);
    return found && found->width == 4 ? std::optional(found->number) : std::nullopt;
}

std::optional<u32> number(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (hex) text.remove_prefix(2);
    u32 value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return negative ? 0 - value : value;
}

/// A sum of numbers and symbols: "12", "variable", "variable+8", "-4".
std::optional<u32> constant(std::string_view text, const SymbolTable& symbols) {
    if (const auto plain = number(text)) return plain;
    const size_t sign = text.find_last_of("+-");
    const bool sum = sign != std::string_view::npos && sign > 0;
    const Symbol* symbol = symbols.find(sum ? text.substr(0, sign) : text);
    if (!symbol) return std::nullopt;
    if (!sum) return symbol->address;
    const auto offset = number(text.substr(sign));
    return offset ? std::optional(symbol->address + *offset) : std::nullopt;
}

bool is_scale(u32 value) { return value == 1 || value == 2 || value == 4 || value == 8; }

std::string_view take_until(std::string_view& text, char separator) {
    const size_t at = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return part;
}

std::optional<u8> percent_register(std::string_view text) {
    return text.starts_with('%') ? address_register(text.substr(1)) : std::nullopt;
}

/// displacement(base,index,scale), any of them left out.
std::optional<Operand> att_memory(std::string_view text, const SymbolTable& symbols) {
    Operand out{.kind = Operand::Kind::Memory};
    const std::string_view displacement = take_until(text, '(');
    if (!displacement.empty()) {
        const auto value = constant(displacement, symbols);
        if (!value) return std::nullopt;
        out.value = *value;
    }
    if (!text.ends_with(')'))
        return text.empty() && !displacement.empty() ? std::optional(out) : std::nullopt;
    text.remove_suffix(1);
    const std::string_view base = take_until(text, ','), index = take_until(text, ','),
                           scale = text;
    if (!base.empty()) {
        const auto r = percent_register(base);
        if (!r) return std::nullopt;
        out.base = *r;
    }
    if (!index.empty()) {
        const auto r = percent_register(index);
        if (!r) return std::nullopt;
        out.index = *r;
    }
    if (!scale.empty()) {
        const auto factor = number(scale);
        if (!factor || !is_scale(*factor)) return std::nullopt;
        out.scale = u8(*factor);
    }
    return out.base == Operand::none && out.index == Operand::none ? std::nullopt
                                                                   : std::optional(out);
}

/// One term of [ ]: a register, register*scale, number or symbol.
bool add_term(Operand& out, std::string_view term, bool negative, const SymbolTable& symbols) {
    const size_t star = term.find('*');
    const auto reg = address_register(term.substr(0, star));
    if (reg && !negative) {
        const auto scale =
            star == std::string_view::npos ? std::optional<u32>(1) : number(term.substr(star + 1));
        if (!scale || !is_scale(*scale)) return false;
        if (*scale == 1 && out.base == Operand::none) return out.base = *reg, true;
        if (out.index != Operand::none) return false;
        out.index = *reg;
        out.scale = u8(*scale);
        return true;
    }
    const auto value = constant(term, symbols);
    if (!value) return false;
    out.value += negative ? 0 - *value : *value;
    return true;
}

std::optional<Operand> bracketed(std::string_view text, const SymbolTable& symbols) {
    Operand out{.kind = Operand::Kind::Memory};
    bool negative = false;
    while (true) {
        const size_t sign = text.find_first_of("+-");
        if (!add_term(out, text.substr(0, sign), negative, symbols)) return std::nullopt;
        if (sign == std::string_view::npos) return out;
        negative = text[sign] == '-';
        text.remove_prefix(sign + 1);
    }
}

std::optional<Operand> operand(std::string_view text, const SymbolTable& symbols) {
    const bool percent = text.starts_with('%');
    if (const RegisterName* r = find_register(text.substr(percent)))
        return Operand{
            .kind = Operand::Kind::Register, .reg = r->number, .width = r->width, .high = r->high};
    if (percent || text.empty()) return std::nullopt;
    if (text.starts_with('$')) {
        const auto value = constant(text.substr(1), symbols);
        return value ? std::optional(Operand{.value = *value}) : std::nullopt;
    }
    if (const auto value = number(text)) return Operand{.value = *value};
    if (text.starts_with('[') && text.ends_with(']'))
        return bracketed(text.substr(1, text.size() - 2), symbols);
    return att_memory(text, symbols);
}
}  // namespace

Result<Operand> parse_operand(std::string_view text, const SymbolTable& symbols) {
    if (const auto out = operand(text, symbols)) return *out;
    return Diagnostic{
        .message = fmt::format("'{}' is no operand of a probe", text),
        .hint =
            "a register, a number, [register+displacement], displacement(%register) or a variable"};
}

}  // namespace ringside::image
