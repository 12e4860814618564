// Bytes to the text of an instruction, as an assembly programmer writes it.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "sim/base/types.hpp"

namespace ringside::decode {

struct InstructionText {
    std::string text;  ///< "mov eax, [ebp-0x8]"; "db 0xd6" for a byte that begins no instruction
    u8 length = 1;     ///< bytes it covers
    bool valid = false;
};

/// Names for the targets of branches and for absolute addresses; may be empty.
using AddressName = std::function<std::optional<std::string>(u64)>;

/// The first instruction of `bytes`, which lie at `address`; `bits` is 16, 32 or 64.
/// `bytes` must not be empty.
InstructionText disassemble(std::span<const u8> bytes, u64 address, unsigned bits,
                            const AddressName& name = {});

}  // namespace ringside::decode
