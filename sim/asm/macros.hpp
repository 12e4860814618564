// Macros: single-line (%define) with their expansion, and multi-line (%macro) with their
// parameters.
#pragma once
#include <functional>
#include <map>
#include <optional>

#include "sim/asm/expression.hpp"
#include "sim/asm/token.hpp"

namespace ringside::assembler {

/// %define NAME(a, b) BODY
struct Define {
    std::string name;
    bool ignore_case = false;
    bool has_parentheses = false;
    std::vector<std::string> parameters;
    Tokens body;
};

/// %macro NAME low-high+ defaults … %endmacro
struct Macro {
    std::string name;
    bool ignore_case = false;
    int low = 0;
    int high = 0;  ///< any_number: no limit
    bool greedy = false;
    std::vector<Tokens> defaults;
    std::vector<Line> body;
    static constexpr int any_number = 1 << 30;
};

/// One use of a multi-line macro.
struct Call {
    std::vector<Tokens> arguments;
    Tokens label;    ///< %00
    u64 number = 0;  ///< makes %%names unique
};

/// The single-line macros and their expansion.
class Defines {
  public:
    void define(Define d);
    void undefine(const std::string& name);
    void clear() { table_.clear(); }
    bool known(const std::string& name) const;
    /// Macros whose text depends on the place, such as __LINE__.
    std::function<std::optional<Tokens>(const std::string&)> dynamic;

    /// Replaces macros until none is left. On a mistake `problem` is filled.
    Tokens expand(const Tokens& tokens, Problem& problem) const;

  private:
    const Define* find(const std::string& name, std::optional<size_t> arguments) const;
    bool expand_once(const Tokens& in, Tokens& out, Problem& problem) const;
    bool substitute(const Define& d, const std::vector<Tokens>& arguments, const Token& at,
                    Tokens& out) const;

    std::map<std::string, std::vector<Define>> table_;  ///< by lower-case name
};

/// Puts the arguments of `call` (may be null) in the place of %1, %0, %%name…
Tokens substitute_parameters(const Tokens& tokens, const Call* call, Problem& problem);
/// `a %+ b` becomes one word. True if there was any.
bool paste(Tokens& tokens, Problem& problem);
/// Splits at commas outside braces; `greedy_after` arguments the rest is one. Braces around an
/// argument go.
std::vector<Tokens> split_arguments(const Tokens& tokens, size_t greedy_after);

Token word_token(std::string text, int column, bool space_before);
Token number_token(i64 value, int column, bool space_before);

}  // namespace ringside::assembler
