// Prefix bytes before an instruction.
#pragma once
#include <string>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::assembler {

/// Puts the prefix before the instruction in `bytes`, unless it is there already.
void add_prefix(std::vector<u8>& bytes, u8 prefix);
/// The override for a segment register (a ZydisRegister). SDM 2A "Instruction Prefixes".
u8 segment_prefix(u32 segment);
/// The operand-size (0x66) or address-size (0x67) prefix, if `wants` bits are not the mode's own.
void add_size_prefix(std::vector<u8>& bytes, u8 prefix, unsigned wants, unsigned mode_bits);
/// A prefix by its name: `rep`, `lock`, `o16`, `es`…
void add_named_prefix(std::vector<u8>& bytes, const std::string& name, unsigned mode_bits);

}  // namespace ringside::assembler
