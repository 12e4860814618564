// Operands of an instruction: from tokens to registers, numbers, memory references, far pointers.
#pragma once
#include "sim/asm/expression.hpp"

namespace ringside::assembler {

enum class Distance : u8 { unsaid, near_, short_, far_ };

struct Operand {
    enum Kind : u8 { reg, number, memory, far_pointer } kind = number;
    u32 reg_id = 0;       ///< ZydisRegister
    Value value;          ///< the number, the displacement, or the offset of a far pointer
    Value selector;       ///< of a far pointer
    u32 base = 0;         ///< ZydisRegister or 0
    u32 index = 0;        ///< ZydisRegister or 0
    u8 scale = 0;         ///< 1, 2, 4, 8; 0 without an index
    u32 segment = 0;      ///< override
    u8 size = 0;          ///< bytes, from `byte`, `word`, …; 0: unsaid
    u8 address = 0;       ///< bytes of the address, from `[word …]`; 0: unsaid
    u8 displacement = 0;  ///< bytes, from `[byte ebx+…]`; 0: as short as it goes
    bool strict = false;
    bool relative = false;  ///< `[rel …]`
    Distance distance = Distance::unsaid;
    int column = 0;
};

/// Bytes of `byte`, `word`, `dword`…; 0 if `word` is no size.
u8 size_named(std::string_view word);

struct OperandContext {
    unsigned bits = 32;
    bool default_relative = false;
};

/// Reads one operand, up to a comma or the end.
Operand parse_operand(Cursor& cursor, Scope& scope, const OperandContext& context,
                      Problem& problem);

}  // namespace ringside::assembler
