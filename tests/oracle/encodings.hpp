// Every encoding that our decoder knows, found by walking the opcode maps: prefixes, maps, opcodes,
// ModRM. The oracle's generator and the coverage test stand on it, so that no form is forgotten.
#pragma once
#include <Zydis/Zydis.h>

#include <array>
#include <span>
#include <string>
#include <vector>

#include "sim/decode/insn.hpp"

namespace ringside::oracle {

/// An instruction decoded twice: for our machine, and as Zydis tells what it reads and writes.
struct Decoding {
    decode::Insn insn;
    ZydisDecodedInstruction z;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
};
/// False where the bytes are no whole instruction.
bool decode_both(std::span<const u8> bytes, unsigned bits, Decoding& out);

/// Prefixes and opcode; with ModRM, the values of its reg field that belong to it.
struct Encoding {
    decode::Insn sample;
    ZydisMnemonic mnemonic = ZYDIS_MNEMONIC_INVALID;
    ZydisISASet isa_set = ZYDIS_ISA_SET_INVALID;
    ZydisISAExt isa_ext = ZYDIS_ISA_EXT_INVALID;
    std::vector<u8> head;  ///< up to and with the opcode
    bool modrm = false;
    bool memory = false;  ///< ModRM names memory
    bool vex = false;
    int rm = -1;               ///< the one rm field, where it is part of the opcode
    std::vector<u8> regs;      ///< allowed reg fields
    std::string text() const;  ///< of the sample, for messages
    std::vector<u8> sample_bytes;
    unsigned bits = 32;
};

/// All encodings in a mode of 16, 32 or 64 bits, those without a row (Op::Unknown) included.
std::vector<Encoding> all_encodings(unsigned bits);

/// What the coverage counts: an encoding's row, form, widths and prefixes that change its meaning.
struct FormKey {
    isa::Op op;
    decode::Form form;
    u8 condition, width, source_width, operand_size, address_size;
    bool rep, repne, lock, count_is_cl;
    auto operator<=>(const FormKey&) const = default;
};
FormKey key_of(const decode::Insn& i);

}  // namespace ringside::oracle
