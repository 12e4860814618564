// One instruction into bytes, by Zydis' encoder.
#pragma once
#include <string>
#include <vector>

#include "sim/asm/operand.hpp"

namespace ringside::assembler {

/// Encodings that have grown stay grown in later passes, so that the passes come to an end.
struct Growth {
    bool branch = false;
    bool immediate = false;
    bool displacement = false;
};

struct Instruction {
    std::string mnemonic;  ///< as written
    int column = 0;
    std::vector<std::string> prefixes;  ///< lower case
    std::vector<Operand> operands;
    unsigned bits = 32;
    u64 address = 0;
};

/// Appends the bytes to `out`. While a symbol is not known yet the bytes are provisional, only
/// their number counts.
void encode(const Instruction& instruction, Growth& growth, std::vector<u8>& out, Problem& problem);

}  // namespace ringside::assembler
