// Writes machine code: one function for each instruction that translations are made of.
// SDM 2A to 2D, the page of each instruction. None of them but POPF touches the flags.
#pragma once
#include <stddef.h>

#include "scenarios/vmms/common/decode.hpp"
#include "scenarios/vmms/common/translation_cache/cache_data.hpp"
#include "scenarios/vmms/common/translation_cache/vectors.hpp"

namespace ringside::vmm {

enum class Reg : u8 { eax, ecx, edx, ebx, esp, ebp, esi, edi };

class Emitter {
  public:
    Emitter(u8* cache, u32 at) : cache_(cache), at_(at) {}
    u32 at() const { return at_; }

    void byte(u32 value) { cache_[at_++] = u8(value); }
    void bytes(const u8* from, u32 count) {
        for (u32 i = 0; i < count; ++i) byte(from[i]);
    }
    void word32(u32 value) {
        for (unsigned shift = 0; shift < 32; shift += 8) byte(value >> shift);
    }

    // mov reg, gs:[field] and back
    void load(Reg reg, u32 field) { gs(0x8b, u8(reg), field); }
    void push(u32 field) { gs(0xff, 6, field); }
    void store(u32 field, Reg reg) { gs(0x89, u8(reg), field); }
    void store_constant(u32 field, u32 value) {
        gs(0xc7, 0, field);
        word32(value);
    }
    /// mov ch, gs:[field]
    void load_ch(u32 field) { gs(0x8a, 5, field); }
    /// mov al, gs:[field] and back
    void load_al(u32 field) { gs(0x8a, 0, field); }
    void store_al(u32 field) { gs(0x88, 0, field); }
    /// movzx reg, byte gs:[field]
    void load_byte(Reg reg, u32 field) {
        byte(0x65), byte(0x0f), byte(0xb6), byte(modrm(0, u8(reg), 5)), word32(field);
    }
    /// movzx ecx, byte gs:[table + ecx]
    void look_up_byte_by_ecx(u32 table) {
        byte(0x65), byte(0x0f), byte(0xb6), byte(modrm(2, 1, 1)), word32(table);
    }
    /// mov eax, gs:[table + eax * 4]
    void look_up_word_by_eax(u32 table) {
        byte(0x65), byte(0x8b), byte(modrm(0, 0, 4)), byte(modrm(2, 0, 5)), word32(table);
    }
    /// mov fs, gs:[field]
    void load_fs(u32 field) { gs(0x8e, 4, field); }
    /// jmp gs:[field]
    void jump_through(u32 field) { gs(0xff, 4, field); }

    void movzx_eax_cl() { byte(0x0f), byte(0xb6), byte(0xc1); }
    void add_eax_to_ecx() { byte(0x8d), byte(0x0c), byte(0x01); }  // lea ecx, [ecx + eax]
    void subtract_from_ecx(u8 n) { byte(0x8d), byte(0x49), byte(u8(-n)); }
    void load_ecx_from_stack() { byte(0x8b), byte(0x0c), byte(0x24); }  // mov ecx, [esp]
    void movzx_ecx_ch() { byte(0x0f), byte(0xb6), byte(0xcd); }         // of EFLAGS: bits 8 to 15
    /// mov [esp + 1], cl
    void store_flags_byte_to_stack() { byte(0x88), byte(0x4c), byte(0x24), byte(1); }
    /// lea esp, [esp + count]
    void drop_from_stack(u32 count) { byte(0x8d), byte(0xa4), byte(0x24), word32(count); }
    void push_constant(u32 value) { byte(0x68), word32(value); }
    void pushf() { byte(0x9c); }
    void popf() { byte(0x9d); }
    void ud2() { byte(0x0f), byte(0x0b); }
    /// INT, and behind it, for the VMM to read, which site it is.
    void call_out(u16 site) { interrupt(callout_vector), byte(site), byte(site >> 8); }
    void interrupt(u8 vector) { byte(0xcd), byte(vector); }

    /// jmp to an offset in the cache. Always five bytes, so that it fits over a continuation.
    void jump(u32 to) { long_jump_opcode(), relative(to); }
    void long_jump_opcode() { byte(0xe9); }
    /// The four bytes of a displacement that lead to `to` from their end.
    void relative(u32 to) { word32(to - (at_ + 4)); }

    /// A short forward jump, opcode JMP (EB) or JECXZ (E3): give the result to `land` at its
    /// target.
    u32 jump_ahead(u8 opcode) {
        byte(opcode), byte(0);
        return at_;
    }
    void land(u32 jump) { cache_[jump - 1] = u8(at_ - jump); }

    /// The instruction with prefix FS in place of its own segment prefixes.
    void with_fs(const Insn& insn) {
        const u32 first_opcode_byte = insn.opcode_at - u32(insn.map != Map::OneByte) -
                                      u32(insn.map == Map::Map0F38 || insn.map == Map::Map0F3A);
        byte(0x64);
        for (u32 i = 0; i < first_opcode_byte; ++i)
            if (!is_segment_prefix(insn.bytes[i])) byte(insn.bytes[i]);
        bytes(insn.bytes + first_opcode_byte, insn.length - first_opcode_byte);
    }
    /// mov ecx, <the r/m operand of insn>
    void load_ecx_from_operand(const Insn& insn) {
        if (insn.segment) byte(insn.segment);
        if (insn.address16) byte(0x67);
        byte(0x8b), byte(modrm(insn.mod(), 1, insn.rm()));
        bytes(insn.bytes + insn.modrm_at + 1, insn.length - insn.modrm_at - 1u);
    }

  private:
    static constexpr bool is_segment_prefix(u8 b) {
        return b == 0x26 || b == 0x2e || b == 0x36 || b == 0x3e || b == 0x64 || b == 0x65;
    }
    static constexpr u8 modrm(u8 mod, u8 reg, u8 rm) { return u8(mod << 6 | reg << 3 | rm); }
    /// op reg, gs:[field]
    void gs(u8 opcode, u8 reg, u32 field) {
        byte(0x65), byte(opcode), byte(modrm(0, reg, 5)), word32(field);
    }

    u8* cache_;
    u32 at_;
};

}  // namespace ringside::vmm
