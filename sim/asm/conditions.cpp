// %if and its relatives.
#include <algorithm>

#include "sim/asm/names.hpp"
#include "sim/asm/preprocessor.hpp"

namespace ringside::assembler {
namespace {

constexpr size_t max_depth = 1000;

bool is_predicate(const std::string& name) {
    for (const char* p :
         {"", "def", "macro", "idn", "idni", "num", "id", "str", "token", "empty", "ctx"})
        if (name == p) return true;
    return false;
}

}  // namespace

/// True when `name` is a directive about conditions.
bool Preprocessor::condition_directive(const Line& l, const std::string& name) {
    const int column = l.tokens[0].column;
    const bool begins = name.starts_with("if"), elif = name.starts_with("elif");
    if (begins || elif) {
        std::string predicate = name.substr(begins ? 2 : 4);
        const bool plain = is_predicate(predicate);
        const bool negated = !plain && predicate[0] == 'n' && is_predicate(predicate.substr(1));
        if (!plain && !negated) return false;
        if (negated) predicate.erase(0, 1);
        if (begins) {
            Condition c;
            c.where = l;
            c.done = !active();
            if (conditions_.size() >= max_depth) {
                fail(l, column, "'%if' is nested too deeply");
                stopped_ = true;
                return true;
            }
            if (!c.done) c.active = c.done = holds(l, predicate) != negated;
            conditions_.push_back(std::move(c));
            return true;
        }
        if (conditions_.size() <= frames_.back().conditions || conditions_.back().had_else) {
            fail(l, column, "'%" + name + "' without '%if'");
            return true;
        }
        Condition& c = conditions_.back();
        c.active = false;
        if (!c.done) {
            const bool now = holds(l, predicate) != negated;
            conditions_.back().active = conditions_.back().done = now;
        }
        return true;
    }
    if (name != "else" && name != "endif") return false;
    if (conditions_.size() <= frames_.back().conditions ||
        (name == "else" && conditions_.back().had_else)) {
        fail(l, column, "'%" + name + "' without '%if'");
        return true;
    }
    if (name == "endif") {
        conditions_.pop_back();
        return true;
    }
    Condition& c = conditions_.back();
    c.had_else = true;
    c.active = !c.done;
    c.done = true;
    return true;
}

bool Preprocessor::holds(const Line& l, const std::string& predicate) {
    const int column = l.tokens[0].column;
    if (predicate == "def" || predicate == "macro") {
        if (l.tokens.size() < 2 || !l.tokens[1].is_word()) {
            fail(l, column, "'%" + l.tokens[0].text + "' needs a name");
            return false;
        }
        if (predicate == "def")
            return std::any_of(l.tokens.begin() + 1, l.tokens.end(), [&](const Token& t) {
                return t.is_word() && defines_.known(t.text);
            });
        const auto found = macros_.find(lower(l.tokens[1].text));
        return found != macros_.end() &&
               std::any_of(found->second.begin(), found->second.end(), [&](const Macro& m) {
                   return m.ignore_case || m.name == l.tokens[1].text;
               });
    }
    if (predicate == "idn" || predicate == "idni") return identical(l, predicate == "idni");
    if (predicate == "ctx")
        return !contexts_.empty() && l.tokens.size() > 1 &&
               contexts_.back().name == l.tokens[1].text;
    Tokens rest;
    if (!expand_rest(l, 1, rest)) return false;
    if (predicate == "empty") return rest.empty();
    if (predicate == "token") return rest.size() == 1;
    if (predicate == "str") return !rest.empty() && rest[0].kind == TokenKind::string;
    if (predicate == "id")
        return !rest.empty() && rest[0].is_word() && !looks_like_number(rest[0].text);
    if (predicate == "num") {
        const size_t at = !rest.empty() && (rest[0].is("-") || rest[0].is("+")) ? 1 : 0;
        return rest.size() > at && rest[at].is_word() && looks_like_number(rest[at].text);
    }
    i64 value = 0;
    return constant(l, rest, value) && value != 0;
}

/// %ifidn a, b: the same text, whatever the spaces.
bool Preprocessor::identical(const Line& l, bool ignore_case) {
    Tokens rest;
    if (!expand_rest(l, 1, rest)) return false;
    const std::vector<Tokens> sides = split_arguments(rest, 0);
    if (sides.size() != 2) {
        fail(l, l.tokens[0].column,
             "'%" + l.tokens[0].text + "' compares two texts with a comma between");
        return false;
    }
    return std::equal(sides[0].begin(), sides[0].end(), sides[1].begin(), sides[1].end(),
                      [&](const Token& a, const Token& b) {
                          if (a.kind != b.kind) return false;
                          return ignore_case ? lower(a.text) == lower(b.text) : a.text == b.text;
                      });
}

}  // namespace ringside::assembler
