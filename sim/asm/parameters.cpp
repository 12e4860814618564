// Parameters of multi-line macros: arguments, %1, %0, %{1:3}, %%local, %+.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "sim/asm/macros.hpp"

namespace ringside::assembler {
namespace {

constexpr size_t max_tokens = 20000;

/// Conditions and their opposites, for %-1.
constexpr std::array<std::array<const char*, 2>, 15> opposites = {{{"e", "ne"},
                                                                   {"z", "nz"},
                                                                   {"c", "nc"},
                                                                   {"b", "nb"},
                                                                   {"a", "na"},
                                                                   {"ae", "nae"},
                                                                   {"be", "nbe"},
                                                                   {"l", "nl"},
                                                                   {"g", "ng"},
                                                                   {"le", "nle"},
                                                                   {"ge", "nge"},
                                                                   {"o", "no"},
                                                                   {"s", "ns"},
                                                                   {"p", "np"},
                                                                   {"pe", "po"}}};

std::string opposite(const std::string& condition) {
    for (const auto& [one, other] : opposites) {
        if (condition == one) return other;
        if (condition == other) return one;
    }
    return {};
}

/// The number of a parameter, with or without a sign; 0 where there is none.
int number_in(const std::string& text) {
    const char* first = text.data() + (text.starts_with('+') ? 1 : 0);
    int value = 0;
    const auto [end, error] = std::from_chars(first, text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && value > -100000 && value < 100000 ? value : 0;
}

/// Appends with gluing: `isr` directly before `%1` makes one word.
void append(Tokens& out, Token token, bool may_glue) {
    if (may_glue && !token.space_before && !out.empty() && out.back().is_word() && token.is_word())
        out.back().text += token.text;
    else
        out.push_back(std::move(token));
}

class Substitution {
  public:
    Substitution(const Call& call, Problem& problem) : call_(call), problem_(problem) {}

    Tokens run(const Tokens& in) {
        bool after_parameter = false;
        for (const Token& token : in) {
            if (problem_.any() || out_.size() > max_tokens) break;
            if (token.kind == TokenKind::parameter) {
                parameter(token);
                after_parameter = true;
                continue;
            }
            if (token.kind == TokenKind::local) {
                append(out_,
                       word_token("..@" + std::to_string(call_.number) + "." + token.text,
                                  token.column, token.space_before),
                       false);
                after_parameter = true;
                continue;
            }
            append(out_, token, after_parameter);
            after_parameter = false;
        }
        if (out_.size() > max_tokens) problem_ = {in[0].column, "the line becomes too long", {}};
        return std::move(out_);
    }

  private:
    void parameter(const Token& token) {
        const std::string& text = token.text;
        if (text == "0")
            return put({number_token(static_cast<i64>(call_.arguments.size()), 0, false)}, token);
        if (text == "00") return put(call_.label, token);
        if (const auto colon = text.find(':'); colon != text.npos)
            return range(number_in(text.substr(0, colon)), number_in(text.substr(colon + 1)),
                         token);
        const int number = std::abs(number_in(text));
        if (number == 0) {
            problem_ = {token.column, "'%{" + text + "}' is no parameter", {}};
            return;
        }
        // A parameter that was not given is empty.
        if (static_cast<size_t>(number) > call_.arguments.size()) return put({}, token);
        const Tokens& argument = call_.arguments[static_cast<size_t>(number) - 1];
        if (text[0] == '-') {
            const std::string other = argument.size() == 1 ? opposite(lower(argument[0].text)) : "";
            if (other.empty()) {
                problem_ = {
                    token.column, "'%" + text + "' needs a condition code as its argument", {}};
                return;
            }
            return put({word_token(other, token.column, false)}, token);
        }
        put(argument, token);
    }

    void range(int from, int to, const Token& token) {
        const int count = static_cast<int>(call_.arguments.size());
        if (from < 0) from += count + 1;
        if (to < 0) to += count + 1;
        if (from < 1 || to < 1 || from > count || to > count) return;
        Tokens all;
        for (int i = from;; i += from <= to ? 1 : -1) {
            const Tokens& argument = call_.arguments[static_cast<size_t>(i) - 1];
            all.insert(all.end(), argument.begin(), argument.end());
            if (i == to) break;
            Token comma;
            comma.kind = TokenKind::symbol;
            comma.text = ",";
            all.push_back(comma);
        }
        put(all, token);
    }

    void put(const Tokens& tokens, const Token& at) {
        for (size_t i = 0; i < tokens.size(); ++i) {
            Token token = tokens[i];
            token.column = at.column;
            if (i == 0) token.space_before = at.space_before;
            append(out_, std::move(token), i == 0);
        }
    }

    const Call& call_;
    Problem& problem_;
    Tokens out_;
};

}  // namespace

Tokens substitute_parameters(const Tokens& tokens, const Call* call, Problem& problem) {
    return call ? Substitution(*call, problem).run(tokens) : tokens;
}

bool paste(Tokens& tokens, Problem& problem) {
    const auto is_paste = [](const Token& t) { return t.kind == TokenKind::paste; };
    if (std::none_of(tokens.begin(), tokens.end(), is_paste)) return false;
    Tokens out;
    for (size_t i = 0; i < tokens.size(); ++i) {
        if (!is_paste(tokens[i])) {
            out.push_back(tokens[i]);
            continue;
        }
        if (out.empty() || i + 1 >= tokens.size() || !out.back().is_word() ||
            !tokens[i + 1].is_word()) {
            problem = {tokens[i].column, "'%+' joins two words, one on each side", {}};
            return false;
        }
        out.back().text += tokens[++i].text;
        out.back().no_expand.clear();
    }
    tokens = std::move(out);
    return true;
}

std::vector<Tokens> split_arguments(const Tokens& tokens, size_t greedy_after) {
    std::vector<Tokens> out;
    if (tokens.empty()) return out;
    out.emplace_back();
    int braces = 0;
    bool was_braced = false;
    for (const Token& t : tokens) {
        const bool greedy = greedy_after && out.size() >= greedy_after;
        if (!greedy || braces > 0) {
            if (t.is("{") && (braces > 0 || out.back().empty()) && ++braces == 1) {
                was_braced = true;
                continue;
            }
            if (t.is("}") && braces > 0 && --braces == 0) continue;
        }
        if (t.is(",") && braces == 0 && !greedy) {
            out.emplace_back();
            was_braced = false;
            continue;
        }
        out.back().push_back(t);
    }
    (void)was_braced;
    return out;
}

}  // namespace ringside::assembler
