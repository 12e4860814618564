#include "sim/session/probe_operand.hpp"

#include <array>
#include <cctype>
#include <charconv>

namespace ringside::session {
namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
        text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
        text.remove_suffix(1);
    return text;
}

/// Sets register, size and half from a register's name.
bool read_register(std::string_view name, ProbeOperand& out) {
    constexpr std::array<std::string_view, 8> wide{"eax", "ecx", "edx", "ebx",
                                                   "esp", "ebp", "esi", "edi"};
    constexpr std::array<std::string_view, 8> byte{"al", "cl", "dl", "bl", "ah", "ch", "dh", "bh"};
    for (u8 i = 0; i < 8; ++i) {
        if (name == wide[i]) return out.reg = i, out.size = 4, true;
        if (name == wide[i].substr(1)) return out.reg = i, out.size = 2, true;
        if (name == byte[i]) return out.reg = i % 4, out.size = 1, out.high = i >= 4, true;
    }
    return false;
}

/// The number of a 32-bit register; `none` if it is not one.
u8 wide_register(std::string_view name) {
    ProbeOperand out;
    return read_register(name, out) && out.size == 4 ? out.reg : ProbeOperand::none;
}

std::optional<u32> read_term(std::string_view text, const SymbolValue& symbol) {
    text = trimmed(text);
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text = trimmed(text.substr(1));
    }
    if (text.empty()) return {};
    u64 value = 0;
    if (std::isdigit(static_cast<unsigned char>(text.front()))) {
        const bool hex = text.starts_with("0x") || text.starts_with("0X");
        if (hex) text.remove_prefix(2);
        const auto [end, error] =
            std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
        if (error != std::errc{} || end != text.data() + text.size()) return {};
    } else {
        const auto found = symbol ? symbol(text) : std::nullopt;
        if (!found) return {};
        value = *found;
    }
    return static_cast<u32>(negative ? 0 - value : value);
}

/// Where the next + or - of a sum stands, not counting one at its start.
size_t next_sign(std::string_view text) {
    const size_t at = text.find_first_of("+-", 1);
    return at == std::string_view::npos ? text.size() : at;
}

/// A sum of numbers and labels: "label+4".
std::optional<u32> read_sum(std::string_view text, const SymbolValue& symbol) {
    text = trimmed(text);
    if (text.empty()) return {};
    u32 sum = 0;
    while (!text.empty()) {
        const size_t end = next_sign(text);
        const auto term = read_term(text.substr(0, end), symbol);
        if (!term) return {};
        sum += *term;
        text.remove_prefix(end);
    }
    return sum;
}

std::optional<u8> read_scale(std::string_view text) {
    text = trimmed(text);
    if (text == "1" || text == "2" || text == "4" || text == "8")
        return static_cast<u8>(text[0] - '0');
    return {};
}

/// disp(base,index,scale)
bool read_att_memory(std::string_view text, const SymbolValue& symbol, ProbeOperand& out) {
    const size_t open = text.find('(');
    if (text.back() != ')') return false;
    if (const auto displacement = trimmed(text.substr(0, open)); !displacement.empty()) {
        const auto value = read_sum(displacement, symbol);
        if (!value) return false;
        out.constant = *value;
    }
    std::string_view inner = text.substr(open + 1, text.size() - open - 2);
    std::array<std::string_view, 3> parts{};
    size_t count = 0;
    for (;;) {
        const size_t comma = inner.find(',');
        if (count == parts.size()) return false;
        parts[count++] = trimmed(inner.substr(0, comma));
        if (comma == std::string_view::npos) break;
        inner.remove_prefix(comma + 1);
    }
    const auto reg = [](std::string_view name, u8& to) {
        if (name.empty()) return true;
        if (name.front() != '%') return false;
        to = wide_register(name.substr(1));
        return to != ProbeOperand::none;
    };
    if (!reg(parts[0], out.base) || !reg(parts[1], out.index)) return false;
    if (!parts[2].empty()) {
        const auto scale = read_scale(parts[2]);
        if (!scale) return false;
        out.scale = *scale;
    }
    return true;
}

/// The inside of [base+index*scale+disp]
bool read_intel_memory(std::string_view text, const SymbolValue& symbol, ProbeOperand& out) {
    text = trimmed(text);
    if (text.empty()) return false;
    while (!text.empty()) {
        const size_t end = next_sign(text);
        std::string_view term = trimmed(text.substr(0, end));
        text.remove_prefix(end);
        std::string_view name = term;
        if (name.front() == '+') name = trimmed(name.substr(1));
        const size_t star = name.find('*');
        const u8 reg = wide_register(trimmed(name.substr(0, star)));
        if (star != std::string_view::npos) {
            const auto scale = read_scale(name.substr(star + 1));
            if (reg == ProbeOperand::none || !scale || out.index != ProbeOperand::none)
                return false;
            out.index = reg;
            out.scale = *scale;
        } else if (reg != ProbeOperand::none) {
            if (out.base == ProbeOperand::none)
                out.base = reg;
            else if (out.index == ProbeOperand::none)
                out.index = reg;
            else
                return false;
        } else {
            const auto value = read_term(term, symbol);
            if (!value) return false;
            out.constant += *value;
        }
    }
    return true;
}

}  // namespace

std::optional<ProbeOperand> parse_probe_operand(std::string_view text, const SymbolValue& symbol) {
    text = trimmed(text);
    ProbeOperand out;
    for (const auto& [word, size] :
         {std::pair<std::string_view, u8>{"byte", u8{1}}, {"word", u8{2}}, {"dword", u8{4}}}) {
        if (text.starts_with(word) && text.size() > word.size() &&
            (text[word.size()] == ' ' || text[word.size()] == '[')) {
            out.size = size;
            text = trimmed(text.substr(word.size()));
            if (text.front() != '[') return {};
            break;
        }
    }
    if (text.empty()) return {};
    if (text.front() == '$') {
        const auto value = read_sum(text.substr(1), symbol);
        if (!value) return {};
        out.constant = *value;
        return out;
    }
    if (text.front() == '%') {
        out.kind = ProbeOperand::Kind::Register;
        return read_register(text.substr(1), out) ? std::optional(out) : std::nullopt;
    }
    if (text.front() == '[') {
        out.kind = ProbeOperand::Kind::Memory;
        if (text.back() != ']') return {};
        return read_intel_memory(text.substr(1, text.size() - 2), symbol, out) ? std::optional(out)
                                                                               : std::nullopt;
    }
    if (text.find('(') != std::string_view::npos) {
        out.kind = ProbeOperand::Kind::Memory;
        return read_att_memory(text, symbol, out) ? std::optional(out) : std::nullopt;
    }
    if (read_register(text, out)) {
        out.kind = ProbeOperand::Kind::Register;
        return out;
    }
    const auto value = read_sum(text, symbol);
    if (!value) return {};
    // In AT&T form a bare label is the memory there; a bare number is a constant in ours.
    out.constant = *value;
    if (!std::isdigit(static_cast<unsigned char>(text.front())) && text.front() != '-')
        out.kind = ProbeOperand::Kind::Memory;
    return out;
}

std::vector<ProbeArgument> parse_probe_arguments(std::string_view text, const SymbolValue& symbol,
                                                 std::vector<std::string>* bad) {
    // An operand may hold spaces ("dword [eax + 4]"): a word starts at each "name=".
    std::vector<ProbeArgument> out;
    text = trimmed(text);
    while (!text.empty()) {
        const size_t equals = text.find('=');
        std::string_view name = trimmed(text.substr(0, equals));
        std::string_view rest =
            equals == std::string_view::npos ? std::string_view{} : text.substr(equals + 1);
        const size_t next = rest.find('=');
        std::string_view operand = rest;
        if (next != std::string_view::npos) {
            const size_t space = rest.find_last_of(" \t", next);
            operand = space == std::string_view::npos ? rest : rest.substr(0, space);
        }
        text = trimmed(rest.substr(operand.size()));
        const auto parsed = parse_probe_operand(operand, symbol);
        if (parsed && !name.empty())
            out.push_back({std::string(name), *parsed});
        else if (bad)
            bad->push_back(std::string(name) + "=" + std::string(trimmed(operand)));
    }
    return out;
}

std::optional<u32> evaluate(const ProbeOperand& operand, const ProbeReader& from) {
    const auto reg = [&](u8 number) { return number == ProbeOperand::none ? 0 : from.reg(number); };
    const u32 mask = operand.size == 4 ? ~u32{0} : (u32{1} << (operand.size * 8)) - 1;
    switch (operand.kind) {
        case ProbeOperand::Kind::Constant: return operand.constant;
        case ProbeOperand::Kind::Register:
            return (reg(operand.reg) >> (operand.high ? 8 : 0)) & mask;
        case ProbeOperand::Kind::Memory: break;
    }
    const auto word =
        from.memory(operand.constant + reg(operand.base) + reg(operand.index) * operand.scale);
    if (!word) return {};
    return *word & mask;
}

}  // namespace ringside::session
