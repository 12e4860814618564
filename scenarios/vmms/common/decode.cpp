// The opcode maps as text, one letter an opcode, and the walk over an instruction's bytes.
#include "scenarios/vmms/common/decode.hpp"

namespace ringside::vmm {
namespace {

// What follows the opcode:
//   .  nothing          m  ModRM              b  imm8             w  imm16        z  imm16/32
//   B  ModRM, imm8      Z  ModRM, imm16/32    p  far pointer      o  moffs        e  imm16, imm8
//   T  ModRM and, for TEST (/0 and /1), imm8  U  the same with imm16/32
//   r  rel8             R  rel16/32           c  ModRM that always names registers (MOV CR, DR)
//   ?  undefined        x  prefix or escape (never looked up)
// SDM 2D "Opcode Map", "One-Byte Opcode Map" and "Two-Byte Opcode Map".
constexpr const char* one_byte_form[16] = {
    // 0 1 2 3 4 5 6 7 8 9 a b c d e f
    "mmmmbz..mmmmbz.x",  // 0  ADD OR
    "mmmmbz..mmmmbz..",  // 1  ADC SBB
    "mmmmbzx.mmmmbzx.",  // 2  AND SUB
    "mmmmbzx.mmmmbzx.",  // 3  XOR CMP
    "................",  // 4  INC DEC
    "................",  // 5  PUSH POP
    "..mmxxxxzZbB....",  // 6
    "rrrrrrrrrrrrrrrr",  // 7  Jcc
    "BZBBmmmmmmmmmmmm",  // 8
    "..........p.....",  // 9
    "oooo....bz......",  // a
    "bbbbbbbbzzzzzzzz",  // b  MOV
    "BBw.mmBZe.w..b..",  // c
    "mmmmbb..mmmmmmmm",  // d
    "rrrrbbbbRRpr....",  // e
    "x.xx..TU......mm",  // f
};
constexpr const char* map_0f_form[16] = {
    // 0 1 2 3 4 5 6 7 8 9 a b c d e f
    "mmmm?.....?.?m??",  // 0
    "mmmmmmmmmmmmmmmm",  // 1
    "cccc????mmmmmmmm",  // 2
    "......?.x?x?????",  // 3
    "mmmmmmmmmmmmmmmm",  // 4  CMOV
    "mmmmmmmmmmmmmmmm",  // 5
    "mmmmmmmmmmmmmmmm",  // 6
    "BBBBmmm.mm??mmmm",  // 7
    "RRRRRRRRRRRRRRRR",  // 8  Jcc
    "mmmmmmmmmmmmmmmm",  // 9  SETcc
    "...mBm??...mBmmm",  // a
    "mmmmmmmmmmBmmmmm",  // b
    "mmBmBBBm........",  // c
    "mmmmmmmmmmmmmmmm",  // d
    "mmmmmmmmmmmmmmmm",  // e
    "mmmmmmmmmmmmmmmm",  // f
};

// The class:
//   .  innocuous   p  privileged   s  sensitive   ?  undefined   g  by ModRM, see group_class
//   j  JMP   c  CALL   J  Jcc   l  LOOP   r  RET   f  far   i  INT   t  IRET
// The sensitive ones: Robin & Irvine 2000, and every load and store of a segment register.
constexpr const char* one_byte_class[16] = {
    // 0 1 2 3 4 5 6 7 8 9 a b c d e f
    "......ss......s.",  // 0  PUSH/POP ES, PUSH CS
    "......ss......ss",  // 1  PUSH/POP SS, DS
    "................",  // 2
    "................",  // 3
    "................",  // 4
    "................",  // 5
    "..g.........pppp",  // 6  BOUND; INS OUTS
    "JJJJJJJJJJJJJJJJ",  // 7
    "............ggsg",  // 8  MOV from Sreg, LEA; MOV to Sreg; POP
    "..........f.ss..",  // 9  far CALL; PUSHF POPF
    "................",  // a
    "................",  // b
    "..rrssgg..ffiiit",  // c  LES LDS, far RET, INT
    "................",  // d
    "llllppppcjfjpppp",  // e  IN OUT
    ".i..p.....pp..gg",  // f  INT1, HLT, CLI STI
};
constexpr const char* map_0f_class[16] = {
    // 0 1 2 3 4 5 6 7 8 9 a b c d e f
    "ggss??p?pp???.??",  // 0  LAR LSL; CLTS, INVD WBINVD; UD2
    "................",  // 1
    "gpgp????........",  // 2  MOV CR, DR
    "p.ppfp??.?.?????",  // 3  WRMSR RDTSC RDMSR RDPMC SYSENTER SYSEXIT
    "................",  // 4
    "................",  // 5
    "................",  // 6
    "........????....",  // 7  VMREAD VMWRITE outside VMX operation
    "JJJJJJJJJJJJJJJJ",  // 8
    "................",  // 9
    "ss....??ss?...g.",  // a  PUSH/POP FS, GS; RSM outside SMM
    "..s.ss..g?g.....",  // b  LSS LFS LGS; POPCNT; UD1
    ".......g........",  // c
    "................",  // d
    "................",  // e
    "...............?",  // f  UD0
};

constexpr bool complete(const char* const (&map)[16]) {
    for (const char* row : map)
        for (int i = 0; i < 16; ++i)
            if (row[i] == 0) return false;
    return true;
}
static_assert(complete(one_byte_form) && complete(one_byte_class));
static_assert(complete(map_0f_form) && complete(map_0f_class));

char entry(const char* const (&map)[16], u8 opcode) { return map[opcode >> 4][opcode & 15]; }

constexpr Class class_of(char letter) {
    switch (letter) {
        case '.': return Class::Innocuous;
        case 'p': return Class::Privileged;
        case 's': return Class::Sensitive;
        case 'j': return Class::DirectJump;
        case 'c': return Class::DirectCall;
        case 'J': return Class::CondJump;
        case 'l': return Class::Loop;
        case 'r': return Class::Ret;
        case 'f': return Class::Far;
        case 'i': return Class::Int;
        case 't': return Class::Iret;
        default: return Class::Undefined;
    }
}

/// Group 7 (0F 01): descriptor-table registers and the machine status word in memory form, named
/// single instructions in register form.
Class class_of_group7(const Insn& insn) {
    if (insn.reg() == 4) return Class::Sensitive;   // SMSW
    if (insn.reg() == 6) return Class::Privileged;  // LMSW
    if (insn.memory_operand()) {
        // SGDT SIDT LGDT LIDT - - - INVLPG
        return class_of("sspp???p"[insn.reg()]);
    }
    switch (insn.modrm) {
        case 0xc8:
        case 0xc9:  // MONITOR, MWAIT
        case 0xca:
        case 0xcb:  // CLAC, STAC
        case 0xd1:  // XSETBV
            return Class::Privileged;
        case 0xd0:  // XGETBV
        case 0xee:
        case 0xef:  // RDPKRU, WRPKRU
        case 0xf9:  // RDTSCP
            return Class::Innocuous;
        default: return Class::Undefined;
    }
}

/// Opcodes whose ModRM byte decides. SDM 2D "Opcode Extensions For One-Byte And Two-byte Opcodes".
Class group_class(const Insn& insn) {
    const bool memory = insn.memory_operand();
    const auto innocuous_if = [](bool fine) { return fine ? Class::Innocuous : Class::Undefined; };
    if (insn.map == Map::OneByte) switch (insn.opcode) {
            case 0x62:
            case 0x8d: return innocuous_if(memory);  // BOUND, LEA
            case 0x8c: return insn.reg() < 6 ? Class::Sensitive : Class::Undefined;
            case 0x8f:
            case 0xc6:
            case 0xc7: return innocuous_if(insn.reg() == 0);  // POP, MOV
            case 0xfe: return innocuous_if(insn.reg() < 2);   // INC, DEC
            case 0xff:
                switch (insn.reg()) {
                    case 2: return Class::IndirectCall;
                    case 3:
                    case 5: return memory ? Class::Far : Class::Undefined;
                    case 4: return Class::IndirectJump;
                    default: return innocuous_if(insn.reg() != 7);  // INC, DEC, PUSH
                }
        }
    if (insn.map == Map::Map0F) switch (insn.opcode) {
            case 0x00: return class_of("ssppss??"[insn.reg()]);  // SLDT STR LLDT LTR VERR VERW
            case 0x01: return class_of_group7(insn);
            case 0x20:
            case 0x22: return class_of("p?ppp???"[insn.reg()]);         // CR0 CR2 CR3 CR4
            case 0xae: return innocuous_if(memory || insn.reg() >= 5);  // FXSAVE and so on; fences
            case 0xb8: return innocuous_if(insn.rep == 0xf3);           // POPCNT
            case 0xba: return innocuous_if(insn.reg() >= 4);            // BT BTS BTR BTC
            case 0xc7:                                                  // CMPXCHG8B; RDRAND, RDSEED
                return innocuous_if(memory ? insn.reg() == 1 : insn.reg() >= 6);
        }
    return Class::Undefined;
}

/// Walks the bytes. `need` refuses to pass the end of what was given or the limit of 15 bytes.
class Walk {
  public:
    Walk(const u8* code, size_t available) : code_(code), available_(available) {}

    Insn run() {
        if (!prefixes() || !opcode() || !operands()) return failed();
        insn_.length = u8(at_);
        return insn_;
    }

  private:
    bool need(size_t count) {
        if (at_ + count <= available_ && at_ + count <= Insn::max_length) return true;
        insn_.cls = at_ + count > Insn::max_length ? Class::TooLong : Class::Incomplete;
        return false;
    }
    bool take(u8& byte) {
        if (!need(1)) return false;
        byte = insn_.bytes[at_] = code_[at_];
        ++at_;
        return true;
    }
    bool take_bytes(u8& where, u8& size, u8 count) {
        where = u8(at_);
        size = count;
        for (u8 unused; count != 0; --count)
            if (!take(unused)) return false;
        return true;
    }

    Insn failed() {
        insn_.length = 0;
        return insn_;
    }

    /// SDM 2A "Instruction Prefixes". Of two in one group the last wins.
    bool prefixes() {
        for (;;) {
            if (!take(insn_.opcode)) return false;
            switch (insn_.opcode) {
                case 0x26:
                case 0x2e:
                case 0x36:
                case 0x3e:
                case 0x64:
                case 0x65: insn_.segment = insn_.opcode; break;
                case 0x66: insn_.operand16 = true; break;
                case 0x67: insn_.address16 = true; break;
                case 0xf0: insn_.lock = true; break;
                case 0xf2:
                case 0xf3: insn_.rep = insn_.opcode; break;
                default: return true;
            }
        }
    }

    bool opcode() {
        form_ = entry(one_byte_form, insn_.opcode);
        letter_ = entry(one_byte_class, insn_.opcode);
        if (insn_.opcode == 0x0f) {
            if (!take(insn_.opcode)) return false;
            insn_.map = Map::Map0F;
            form_ = entry(map_0f_form, insn_.opcode);
            letter_ = entry(map_0f_class, insn_.opcode);
            if (insn_.opcode == 0x38 || insn_.opcode == 0x3a) {
                insn_.map = insn_.opcode == 0x38 ? Map::Map0F38 : Map::Map0F3A;
                form_ = insn_.opcode == 0x38 ? 'm' : 'B';
                letter_ = '.';
                if (!take(insn_.opcode)) return false;
                // INVEPT, INVVPID, INVPCID
                if (insn_.map == Map::Map0F38 && insn_.opcode >= 0x80 && insn_.opcode <= 0x82)
                    letter_ = insn_.operand16 ? 'p' : '?';
            }
        }
        insn_.opcode_at = u8(at_ - 1);
        return true;
    }

    bool operands() {
        const u8 z = insn_.operand16 ? 2 : 4;
        const auto immediate = [&](u8 size) {
            return take_bytes(insn_.immediate_at, insn_.immediate_size, size);
        };
        insn_.cls = class_of(letter_);
        bool read = true;
        switch (form_) {
            case '.': break;
            case 'm': read = modrm(); break;
            case 'c': read = modrm_of_registers(); break;
            case 'b':
            case 'r': read = immediate(1); break;
            case 'w': read = immediate(2); break;
            case 'z':
            case 'R': read = immediate(z); break;
            case 'B': read = modrm() && immediate(1); break;
            case 'Z': read = modrm() && immediate(z); break;
            case 'T': read = modrm() && (insn_.reg() >= 2 || immediate(1)); break;
            case 'U': read = modrm() && (insn_.reg() >= 2 || immediate(z)); break;
            case 'p': read = immediate(u8(z + 2)); break;
            case 'e': read = immediate(3); break;
            case 'o':
                read = take_bytes(insn_.displacement_at, insn_.displacement_size,
                                  insn_.address16 ? 2 : 4);
                break;
            default: insn_.cls = Class::Undefined; break;
        }
        if (read) refine_class();
        return read;
    }

    void refine_class() {
        if (letter_ == 'g') insn_.cls = group_class(insn_);
        // LES, LDS, LSS, LFS, LGS load from memory; with registers C4 and C5 are VEX prefixes.
        const bool far_load =
            (insn_.map == Map::OneByte && (insn_.opcode == 0xc4 || insn_.opcode == 0xc5)) ||
            (insn_.map == Map::Map0F &&
             (insn_.opcode == 0xb2 || insn_.opcode == 0xb4 || insn_.opcode == 0xb5));
        if (far_load && !insn_.memory_operand()) insn_.cls = Class::Undefined;
        // MOV to CS and to the two registers that do not exist.
        if (insn_.is(Map::OneByte, 0x8e) && (insn_.reg() == 1 || insn_.reg() > 5))
            insn_.cls = Class::Undefined;
        // Nothing but plain read-modify-write instructions takes LOCK; those decide for themselves.
        if (insn_.lock && insn_.cls != Class::Innocuous) insn_.cls = Class::Undefined;
    }

    bool modrm_of_registers() {
        insn_.has_modrm = true;
        insn_.modrm_at = u8(at_);
        const bool read = take(insn_.modrm);
        insn_.modrm |= 0xc0;  // SDM 2B "MOV—Move to/from Control Registers": mod is ignored
        return read;
    }

    /// SDM 2A "Addressing-Mode Encoding of ModR/M and SIB Bytes".
    bool modrm() {
        insn_.has_modrm = true;
        insn_.modrm_at = u8(at_);
        if (!take(insn_.modrm)) return false;
        const u8 mod = insn_.mod(), rm = insn_.rm();
        if (mod == 3) return true;
        u8 size = 0;
        if (insn_.address16) {
            size = mod == 1 ? 1 : mod == 2 || rm == 6 ? 2 : 0;
        } else {
            u8 base = rm;
            if (rm == 4) {
                insn_.has_sib = true;
                if (!take(insn_.sib)) return false;
                base = insn_.sib & 7;
            }
            size = mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0;
        }
        return size == 0 || take_bytes(insn_.displacement_at, insn_.displacement_size, size);
    }

    const u8* code_;
    size_t available_;
    size_t at_ = 0;
    char form_ = '?';
    char letter_ = '?';
    Insn insn_;
};

}  // namespace

u32 Insn::signed_at(u8 at, u8 size) const {
    u32 value = 0;
    for (u8 i = 0; i < size; ++i) value |= u32(bytes[at + i]) << (8 * i);
    if (size == 1) return u32(i32(i8(value)));
    if (size == 2) return u32(i32(i16(value)));
    return value;
}

Insn decode(const u8* code, size_t available) { return Walk(code, available).run(); }

}  // namespace ringside::vmm
