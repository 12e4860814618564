// From NASM's operands to the ones that the encoder knows.
#pragma once
#include "sim/asm/names.hpp"
#include "sim/asm/operand.hpp"

namespace ringside::assembler {

/// `aam`, two-operand `imul`, `test reg, mem`, `mov ds, eax`, `ltr eax`, `mov rax, 5`…
void adapt_operands(const Mnemonic& mnemonic, unsigned bits, std::vector<Operand>& operands);

}  // namespace ringside::assembler
