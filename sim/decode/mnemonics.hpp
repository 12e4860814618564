// Zydis' mnemonics mapped to our rows.
#pragma once
#include <Zydis/Zydis.h>

#include "sim/isa/instructions.hpp"

namespace ringside::decode {

struct Named {
    isa::Op op = isa::Op::Unknown;
    u8 condition = 0;
    u8 width = 0;  ///< string instructions: bytes an element; 0: by operand
};

/// The row of a mnemonic; Op::Unknown where there is none. `string`: Zydis puts it in a string
/// category, which tells MOVSD (string) from MOVSD (SSE2).
Named named(ZydisMnemonic mnemonic, bool string);

}  // namespace ringside::decode
