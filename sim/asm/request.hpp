// From operands to requests for Zydis' encoder: which sizes and immediate forms to try.
#pragma once
#include <Zydis/Zydis.h>

#include <vector>

#include "sim/asm/encoder.hpp"
#include "sim/asm/names.hpp"

namespace ringside::assembler {

/// Bytes from Zydis, with where the displacement and the immediate went.
struct Encoded {
    std::vector<u8> bytes;
    struct Hole {
        u8 offset = 0;
        u8 size = 0;  ///< bytes; 0: none
    };
    Hole displacement;
    Hole immediate[2];
};

/// What to put in place of numbers that must keep their full size; patched afterwards.
struct Plan {
    bool wide_immediate = false;
    bool wide_displacement = false;
};

/// Tries the forms of `mnemonic` that fit `operands`. Fills `problem` when there is none, or when
/// the size of a memory operand is open.
Encoded encode_form(const Mnemonic& mnemonic, const Instruction& instruction,
                    std::vector<Operand> operands, const Plan& plan, Problem& problem);

/// What `finish_encoding` must know of the request.
struct Finish {
    u16 mnemonic = 0;
    unsigned bits = 32;
    bool memory = false;            ///< there is a memory operand
    bool rewrite_absolute = false;  ///< its base register stands for none
};
/// Finds displacement and immediates in the bytes and mends what the encoder does in its own way.
bool finish_encoding(Encoded& encoded, const Finish& how);

/// Why there is no form for these operands.
Problem no_form(const Instruction& instruction, const std::vector<Operand>& operands);

/// Zydis' machine mode for 16, 32 or 64 bits.
ZydisMachineMode machine_mode(unsigned bits);
/// Width in bytes of a register in Zydis' table; 0 where it has none.
u8 register_bytes(u32 reg);

}  // namespace ringside::assembler
