// Tokens, source places, and lines of tokens: what passes between the stages of the assembler.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::assembler {

struct Place {
    u32 file = 0;  ///< index into Reports::files
    int line = 0;
    int column = 0;
};

enum class TokenKind {
    word,       ///< name, number, `$`, `$$`
    string,     ///< text without its quotes, escapes resolved
    symbol,     ///< operator or punctuation
    parameter,  ///< `%1`, `%0`, `%{2:4}`: text without the percent sign
    local,      ///< `%%name`: text without the percent signs
    context,    ///< `%$name`
    directive,  ///< `%name` of the preprocessor
    paste,      ///< `%+`
    bad,        ///< text is what is wrong with it
};

struct Token {
    TokenKind kind = TokenKind::word;
    std::string text;
    int column = 0;
    bool space_before = false;
    char quote = 0;
    bool raw_number = false;             ///< word made from a value, not to be expanded again
    std::vector<std::string> no_expand;  ///< single-line macros that this token came out of
    bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
    bool is_word() const { return kind == TokenKind::word; }
};
using Tokens = std::vector<Token>;

/// The use of a macro that produced a line; `outer` is the use around it.
struct Use {
    std::string macro;
    Place place;
    std::shared_ptr<const Use> outer;
};

struct Line {
    Tokens tokens;
    Place place;
    std::shared_ptr<const Use> use;
    /// The place a person looks at: the outermost use of a macro, else the line itself.
    Place shown() const {
        const Use* u = use.get();
        if (!u) return place;
        while (u->outer) u = u->outer.get();
        return u->place;
    }
};

std::string lower(std::string_view text);
/// The tokens as text again, for messages and for the macros that work on text.
std::string spell(const Tokens& tokens);

}  // namespace ringside::assembler
