// The internal form of one instruction: what the interpreter and the timing model need, nothing
// else.
#pragma once
#include "sim/base/types.hpp"
#include "sim/isa/instructions.hpp"

namespace ringside::decode {

/// Operand shape: register, memory, immediate, in the order of the assembler's operands.
enum class Form : u8 {
    None,
    R,
    M,
    I,
    RR,
    RM,
    MR,
    RI,
    MI,
    RRI,
    RMI,
    RRR,
    RRM,
    RMR,
    MRR,
    MRI,
    IR,
    FarPointer,
    count
};

/// Segment registers in their encoding order. SDM 2A "Instruction Format".
enum Seg : u8 { ES, CS, SS, DS, FS, GS, segment_count };

/// General registers by number; 8-bit high halves (AH CH DH BH) are `high_byte` + 0…3.
inline constexpr u8 no_register = 16;  ///< as base or index: contributes 0
/// As base: RIP, of the instruction behind. A block knows where it is met and has it in the
/// displacement instead.
inline constexpr u8 instruction_pointer = 17;
inline constexpr u8 high_byte = 20;

struct Insn {
    isa::Op op = isa::Op::Unknown;
    Form form = Form::None;
    u16 immediate2 = 0;   ///< ENTER's level, a far pointer's selector
    u8 length = 0;        ///< bytes
    u8 width = 4;         ///< of the operation, bytes
    u8 source_width = 4;  ///< of the source where it differs (MOVZX …)
    u8 operand_size = 4;  ///< effective operand size, bytes: stack and branch width
    u8 address_size = 4;  ///< bytes
    u8 reg0 = 0;          ///< first register operand (general, segment, control or debug by row)
    u8 reg1 = 0;          ///< second register operand
    u8 reg2 = 0;          ///< third register operand
    u8 base = no_register, index = no_register, scale = 0;  ///< scale: 0 or 1, 2, 4, 8
    Seg segment = DS;  ///< of the memory operand, override applied
    u8 condition =
        0;  ///< cc of Jcc, SETcc, CMOVcc (SDM 2 "Condition Test Field"); LDS…LGS: the segment
    bool rep = false, repne = false, lock = false;
    bool count_is_cl = false;       ///< shifts
    bool undefined = false;         ///< bytes that are no instruction: #UD
    u64 address_mask = 0xffffffff;  ///< by address_size: what an address is cut to
    i64 displacement = 0;
    i64 immediate = 0;  ///< branches: relative target; far pointers: offset; see also
                        ///< mnemonic_of

    bool has_memory() const {
        return form == Form::M || form == Form::RM || form == Form::MR || form == Form::MI ||
               form == Form::RMI || form == Form::RRM || form == Form::RMR || form == Form::MRR ||
               form == Form::MRI;
    }
    const isa::InstructionRow& row() const { return isa::row(op); }
    bool operator==(const Insn&) const = default;
};

}  // namespace ringside::decode
