// Characters into tokens.
#pragma once
#include "sim/asm/token.hpp"

namespace ringside::assembler {

/// One line (without its newline) into tokens; a comment ends it. Never fails: what makes no sense
/// becomes a token of kind `bad` whose text is the message.
Tokens lex(std::string_view line);

}  // namespace ringside::assembler
