// Expansion of single-line macros.
#include <algorithm>

#include "sim/asm/macros.hpp"

namespace ringside::assembler {
namespace {

constexpr size_t max_tokens = 20000;  ///< of one line
constexpr int max_rounds = 200;

bool hidden(const Token& token, const std::string& name) {
    return std::find(token.no_expand.begin(), token.no_expand.end(), name) != token.no_expand.end();
}

/// The arguments of `name(a, b)`; `at` stands on the parenthesis and is moved behind its partner.
std::optional<std::vector<Tokens>> parenthesised(const Tokens& in, size_t& at) {
    std::vector<Tokens> out(1);
    int parentheses = 0, braces = 0;
    size_t i = at;
    for (; i < in.size(); ++i) {
        const Token& t = in[i];
        if (t.is("{") && ++braces == 1 && parentheses == 1) continue;
        if (t.is("}") && --braces == 0 && parentheses == 1) continue;
        if (t.is("(") && ++parentheses == 1) continue;
        if (t.is(")") && braces <= 0 && --parentheses == 0) break;
        if (t.is(",") && parentheses == 1 && braces <= 0)
            out.emplace_back();
        else
            out.back().push_back(t);
    }
    if (i >= in.size()) return std::nullopt;
    at = i + 1;
    if (out.size() == 1 && out[0].empty()) out.clear();
    return out;
}

}  // namespace

Token word_token(std::string text, int column, bool space_before) {
    Token t;
    t.text = std::move(text);
    t.column = column;
    t.space_before = space_before;
    return t;
}

Token number_token(i64 value, int column, bool space_before) {
    // A negative number as one word would not be a word: write its two's complement.
    return word_token(std::to_string(static_cast<u64>(value)), column, space_before);
}

void Defines::define(Define d) {
    auto& same = table_[lower(d.name)];
    std::erase_if(same, [&](const Define& old) {
        return (old.name == d.name || d.ignore_case) &&
               (!old.has_parentheses || !d.has_parentheses ||
                old.parameters.size() == d.parameters.size());
    });
    same.push_back(std::move(d));
}

void Defines::undefine(const std::string& name) {
    const auto found = table_.find(lower(name));
    if (found == table_.end()) return;
    std::erase_if(found->second, [&](const Define& d) { return d.ignore_case || d.name == name; });
}

bool Defines::known(const std::string& name) const {
    const auto found = table_.find(lower(name));
    if (found != table_.end())
        for (const Define& d : found->second)
            if (d.ignore_case || d.name == name) return true;
    return dynamic && dynamic(name).has_value();
}

const Define* Defines::find(const std::string& name, std::optional<size_t> arguments) const {
    const auto found = table_.find(lower(name));
    if (found == table_.end()) return nullptr;
    for (const Define& d : found->second) {
        if (!d.ignore_case && d.name != name) continue;
        if (!d.has_parentheses) return &d;
        if (arguments && *arguments == d.parameters.size()) return &d;
    }
    return nullptr;
}

Tokens Defines::expand(const Tokens& tokens, Problem& problem) const {
    Tokens now = tokens, next;
    for (int round = 0; round < max_rounds; ++round) {
        next.clear();
        const bool expanded = expand_once(now, next, problem);
        if (problem.any()) return tokens;
        now.swap(next);
        const bool pasted = paste(now, problem);
        if (problem.any()) return tokens;
        if (!expanded && !pasted) return now;
        if (now.size() > max_tokens) break;
    }
    problem = {
        tokens.empty() ? 0 : tokens[0].column, "the macros of this line expand without end", {}};
    return tokens;
}

bool Defines::expand_once(const Tokens& in, Tokens& out, Problem& problem) const {
    bool any = false;
    for (size_t i = 0; i < in.size();) {
        const Token& token = in[i];
        // %[ … ]: the text inside, expanded; here the expansion happens anyway.
        if (token.is("%") && i + 1 < in.size() && in[i + 1].is("[") && !in[i + 1].space_before) {
            int depth = 0;
            size_t end = i + 1;
            for (; end < in.size(); ++end) {
                depth += in[end].is("[") ? 1 : in[end].is("]") ? -1 : 0;
                if (depth == 0) break;
            }
            if (end >= in.size()) {
                problem = {token.column, "'%[' without ']'", {}};
                return false;
            }
            out.insert(out.end(), in.begin() + static_cast<long>(i) + 2,
                       in.begin() + static_cast<long>(end));
            i = end + 1;
            any = true;
            continue;
        }
        if (!token.is_word() || token.raw_number) {
            out.push_back(token);
            ++i;
            continue;
        }
        if (dynamic)
            if (const auto text = dynamic(token.text)) {
                out.insert(out.end(), text->begin(), text->end());
                ++i;
                any = true;
                continue;
            }
        size_t behind = i + 1;
        std::optional<std::vector<Tokens>> arguments;
        if (behind < in.size() && in[behind].is("(") && table_.contains(lower(token.text)))
            arguments = parenthesised(in, behind);
        const Define* d =
            find(token.text, arguments ? std::optional(arguments->size()) : std::nullopt);
        // f() of one parameter: an empty argument.
        if (!d && arguments && arguments->empty()) {
            arguments->emplace_back();
            d = find(token.text, 1);
        }
        if (!d || hidden(token, d->name)) {
            out.push_back(token);
            ++i;
            continue;
        }
        if (!substitute(*d, arguments.value_or(std::vector<Tokens>{}), token, out) ||
            out.size() > max_tokens) {
            problem = {token.column, "the macros of this line expand without end", {}};
            return false;
        }
        i = d->has_parentheses ? behind : i + 1;
        any = true;
    }
    return any;
}

bool Defines::substitute(const Define& d, const std::vector<Tokens>& arguments, const Token& at,
                         Tokens& out) const {
    const size_t first = out.size();
    for (const Token& token : d.body) {
        const auto parameter = std::find(d.parameters.begin(), d.parameters.end(), token.text);
        if (token.is_word() && d.has_parentheses && parameter != d.parameters.end()) {
            const Tokens& argument =
                arguments[static_cast<size_t>(parameter - d.parameters.begin())];
            for (size_t i = 0; i < argument.size(); ++i) {
                out.push_back(argument[i]);
                if (i == 0) out.back().space_before = token.space_before;
            }
        } else {
            out.push_back(token);
            out.back().no_expand = at.no_expand;
            out.back().no_expand.push_back(d.name);
            if (out.back().no_expand.size() > 64) return false;
        }
        out.back().column = at.column;
        if (out.size() > max_tokens) return false;
    }
    if (out.size() > first) out[first].space_before = at.space_before;
    return true;
}

}  // namespace ringside::assembler
