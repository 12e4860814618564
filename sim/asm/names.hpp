// The names that the assembler knows: registers, mnemonics, prefixes, directives.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::assembler {

/// How a mnemonic maps onto the encoder's. NASM's one name may mean a size or a kind of branch.
struct Mnemonic {
    u16 id = 0;        ///< ZydisMnemonic; 0: no such mnemonic
    u8 operand = 0;    ///< operand size in bytes that the name asks for (pushfd: 4)
    u8 address = 0;    ///< address size in bytes that the name asks for
    bool far = false;  ///< retf
};

/// `bits` decides what `pushf`, `iret`, `pusha`… mean without a suffix.
Mnemonic mnemonic_named(std::string_view name, unsigned bits);
bool is_mnemonic(std::string_view name);
bool is_prefix(std::string_view name);
bool is_data_directive(std::string_view name);  ///< db, resb, equ, times, incbin…
bool is_directive(std::string_view name);       ///< section, bits, align…
u32 register_named(std::string_view name);      ///< ZydisRegister, or 0

/// Everything a line can begin with, for the nearest valid name.
const std::vector<std::string>& statement_names();
const std::vector<std::string>& register_names();

}  // namespace ringside::assembler
