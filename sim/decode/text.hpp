// One instruction as text, for people: Intel's operand order, NASM's way of writing memory.
#pragma once
#include <optional>
#include <span>
#include <string>

#include "sim/base/types.hpp"

namespace ringside::decode {

struct TextInsn {
    u8 length = 0;
    std::string text;
};

/// The instruction at the beginning of `bytes`, which lies at `address`; branch targets are
/// absolute. `bits` is 16, 32 or 64: the default size of the code segment. Nothing if the bytes are
/// no instruction, or only a part of one.
std::optional<TextInsn> disassemble(std::span<const u8> bytes, u64 address, unsigned bits);

}  // namespace ringside::decode
