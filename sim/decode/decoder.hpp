// Bytes to internal instructions, by Zydis.
#pragma once
#include <span>

#include "sim/decode/insn.hpp"

namespace ringside::decode {

inline constexpr unsigned longest_instruction = 15;

struct Decoded {
    enum Status : u8 {
        Ok,
        NeedMore,  ///< the bytes end inside the instruction
        TooLong,   ///< more than 15 bytes: #GP(0). SDM 2A "Instruction Format"
    } status = Ok;
    /// Of the immediate that ends the instruction, where there is just one.
    u8 immediate_bytes = 0;
    Insn insn;
};

/// Decodes the instruction at the start of `bytes`; `bits` is 16, 32 or 64.
/// Bytes that are no instruction give Ok with insn.undefined; an instruction that is real but has
/// no row gives Ok with Op::Unknown.
Decoded decode(std::span<const u8> bytes, unsigned bits);

/// The manual's name, in small letters, of an instruction that has no row (Op::Unknown) or shares
/// one with all of its kind (Op::X87, MMX, SSE).
const char* mnemonic_of(const Insn& insn);

}  // namespace ringside::decode
