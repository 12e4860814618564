// %strlen, %strcat, %substr, %defstr, %deftok.
#include "sim/asm/lexer.hpp"
#include "sim/asm/preprocessor.hpp"

namespace ringside::assembler {
namespace {

Token string_token(std::string text, int column) {
    Token t = word_token(std::move(text), column, true);
    t.kind = TokenKind::string;
    t.quote = t.text.find('"') == std::string::npos ? '"' : '\'';
    return t;
}

}  // namespace

bool Preprocessor::string_directive(const Line& l, const std::string& name) {
    if (name != "strlen" && name != "strcat" && name != "substr" && name != "defstr" &&
        name != "deftok")
        return false;
    const int column = l.tokens[0].column;
    Tokens rest;
    if (l.tokens.size() < 3 || !l.tokens[1].is_word())
        return fail(l, column, "'%" + name + "' needs a name and a text"), true;
    if (!expand_rest(l, 2, rest)) return true;
    Define d;
    d.name = l.tokens[1].text;
    if (name == "defstr") {
        if (!rest.empty()) rest[0].space_before = false;
        d.body = {string_token(spell(rest), column)};
        return defines_.define(std::move(d)), true;
    }
    if (rest.empty() || rest[0].kind != TokenKind::string)
        return fail(l, column, "'%" + name + "' needs a text in quotes"), true;
    if (name == "strlen")
        d.body = {number_token(static_cast<i64>(rest[0].text.size()), column, true)};
    if (name == "deftok") d.body = lex(rest[0].text);
    if (name == "strcat") {
        std::string all;
        for (const Token& t : rest)
            if (t.kind == TokenKind::string) all += t.text;
        d.body = {string_token(all, column)};
    }
    if (name == "substr") {
        // %substr NAME 'text' start[, count]; characters count from 1, a negative count from the
        // end.
        Tokens numbers(rest.begin() + 1, rest.end());
        if (!numbers.empty() && numbers[0].is(",")) numbers.erase(numbers.begin());
        const std::vector<Tokens> given = split_arguments(numbers, 0);
        i64 start = 1, count = 1;
        if (given.empty() || !constant(l, given[0], start)) return true;
        if (given.size() > 1 && !constant(l, given[1], count)) return true;
        const auto size = static_cast<i64>(rest[0].text.size());
        if (start < 1 || start > size) start = size + 1;
        if (count < 0) count = size - start + 2 + count;
        if (count < 0) count = 0;
        d.body = {string_token(
            rest[0].text.substr(static_cast<size_t>(start - 1), static_cast<size_t>(count)),
            column)};
    }
    defines_.define(std::move(d));
    return true;
}

}  // namespace ringside::assembler
