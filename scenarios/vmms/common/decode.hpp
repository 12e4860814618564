// The VMMs' decoder: how long a 32-bit instruction is, where its parts lie, and what class it is
// of. It gives no operand values and no mnemonic: a VMM that emulates looks at map, opcode and
// ModRM. SDM 2A "Instruction Format", 2D "Opcode Map". Freestanding.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

/// What a VMM must know before it lets an instruction run at ring 1.
enum class Class : u8 {
    Innocuous,     ///< does the same at every ring: may run as it is
    DirectJump,    ///< JMP rel
    DirectCall,    ///< CALL rel
    CondJump,      ///< Jcc rel
    Loop,          ///< LOOP, LOOPE, LOOPNE, JECXZ
    IndirectJump,  ///< JMP r/m
    IndirectCall,  ///< CALL r/m
    Ret,           ///< RET, near
    Far,           ///< far JMP, CALL and RET, SYSENTER
    Int,           ///< INT n, INT3, INTO, INT1
    Iret,
    Privileged,  ///< faults at ring 1: #GP, or #UD where the manual says so. IOPL-sensitive ones
                 ///< too
    Sensitive,   ///< reads or writes privileged state and does not fault at ring 1: the hole in the
                 ///< architecture
    Undefined,   ///< #UD at every ring (or an extension that is off, such as VEX)
    TooLong,     ///< more than 15 bytes: #GP(0)
    Incomplete,  ///< the bytes given end before the instruction does
};

enum class Map : u8 { OneByte, Map0F, Map0F38, Map0F3A };

struct Insn {
    static constexpr unsigned max_length = 15;

    u8 bytes[max_length] = {};
    u8 length = 0;
    Class cls = Class::Incomplete;

    u8 segment = 0;  ///< the override prefix in force (26 2E 36 3E 64 65), 0 for none
    u8 rep = 0;      ///< F2 or F3, whichever came last
    bool operand16 = false;
    bool address16 = false;
    bool lock = false;

    Map map = Map::OneByte;
    u8 opcode = 0;
    bool has_modrm = false;
    u8 modrm = 0;
    u8 sib = 0;
    bool has_sib = false;

    // Where the parts begin, as offsets into `bytes`, and how many bytes they have.
    u8 opcode_at = 0;  ///< of the last opcode byte
    u8 modrm_at = 0;
    u8 displacement_at = 0, displacement_size = 0;
    u8 immediate_at = 0, immediate_size = 0;

    constexpr u8 mod() const { return modrm >> 6; }
    constexpr u8 reg() const { return (modrm >> 3) & 7; }
    constexpr u8 rm() const { return modrm & 7; }
    constexpr bool memory_operand() const { return has_modrm && mod() != 3; }
    constexpr bool is(Map m, u8 op) const { return map == m && opcode == op; }
    /// Prefix FS or GS.
    constexpr bool uses_fs() const { return segment == 0x64; }
    constexpr bool uses_gs() const { return segment == 0x65; }

    /// The displacement, sign-extended.
    u32 displacement() const { return signed_at(displacement_at, displacement_size); }
    /// The immediate, sign-extended; of ENTER and far pointers the first part.
    u32 immediate() const {
        return signed_at(immediate_at, immediate_size > 4 ? 4 : immediate_size);
    }
    /// The target of a relative branch at `eip`. With an operand-size prefix EIP is cut to 16 bits.
    u32 target(u32 eip) const {
        const u32 to = eip + length + immediate();
        return operand16 ? to & 0xffff : to;
    }

  private:
    u32 signed_at(u8 at, u8 size) const;
};

/// Decodes the instruction at `code`, of which `available` bytes may be read.
Insn decode(const u8* code, size_t available);

/// Whether a block of straight-line code ends after an instruction of this class.
constexpr bool ends_block(Class c) {
    return c != Class::Innocuous && c != Class::Privileged && c != Class::Sensitive;
}

}  // namespace ringside::vmm
