// Expressions: tokens to values, with NASM's operators and precedence.
#pragma once
#include <span>

#include "sim/asm/token.hpp"
#include "sim/asm/value.hpp"

namespace ringside::assembler {

struct Problem {
    int column = 0;
    std::string message;
    std::string hint;
    bool any() const { return !message.empty(); }
};

/// A place in a list of tokens.
class Cursor {
  public:
    explicit Cursor(std::span<const Token> tokens) : tokens_(tokens) {}
    bool done() const { return at_ >= tokens_.size(); }
    const Token& token() const;
    const Token& ahead(size_t n) const;
    bool at(std::string_view symbol) const { return token().is(symbol); }
    bool at_word(std::string_view lower_word) const;
    bool take(std::string_view symbol);
    bool take_word(std::string_view lower_word);
    void next() { ++at_; }
    size_t position() const { return at_; }
    void move_to(size_t position) { at_ = position; }
    int column() const;  ///< of the token, or just behind the last one

  private:
    std::span<const Token> tokens_;
    size_t at_ = 0;
};

/// Reads one expression and stops behind it. On a mistake `problem` is filled.
Value evaluate(Cursor& cursor, Scope& scope, Problem& problem);

/// A number as NASM writes it (decimal, `0x`, `$0`, `h`, `0b`, `b`, `0o`, `q`, `_` inside).
bool parse_number(std::string_view word, u64& value);
bool looks_like_number(std::string_view word);
/// Up to eight characters, the first one lowest.
u64 character_constant(std::string_view text);

}  // namespace ringside::assembler
