#include "sim/decode/decoder.hpp"

#include <array>
#include <string_view>

#include "sim/decode/mnemonics.hpp"

namespace ringside::decode {
namespace {

using isa::Op;

u8 general(ZydisRegister r) {
    if (r == ZYDIS_REGISTER_NONE) return no_register;
    if (r >= ZYDIS_REGISTER_AH && r <= ZYDIS_REGISTER_BH)
        return u8(high_byte + (r - ZYDIS_REGISTER_AH));
    switch (ZydisRegisterGetClass(r)) {
        case ZYDIS_REGCLASS_GPR8:
            // AL CL DL BL, then AH…BH (above), then SPL BPL SIL DIL, R8B …
            return u8(r <= ZYDIS_REGISTER_BL ? r - ZYDIS_REGISTER_AL
                                             : 4 + (r - ZYDIS_REGISTER_SPL));
        case ZYDIS_REGCLASS_GPR16:
        case ZYDIS_REGCLASS_GPR32:
        case ZYDIS_REGCLASS_GPR64:
        case ZYDIS_REGCLASS_CONTROL:
        case ZYDIS_REGCLASS_DEBUG: return u8(ZydisRegisterGetId(r));
        default: return no_register;
    }
}

Seg segment(ZydisRegister r) {
    switch (r) {
        case ZYDIS_REGISTER_ES: return ES;
        case ZYDIS_REGISTER_CS: return CS;
        case ZYDIS_REGISTER_SS: return SS;
        case ZYDIS_REGISTER_FS: return FS;
        case ZYDIS_REGISTER_GS: return GS;
        default: return DS;
    }
}

Seg override_or_ds(const ZydisDecodedInstruction& z) {
    const std::array<std::pair<ZydisInstructionAttributes, Seg>, 6> prefixes{
        {{ZYDIS_ATTRIB_HAS_SEGMENT_ES, ES},
         {ZYDIS_ATTRIB_HAS_SEGMENT_CS, CS},
         {ZYDIS_ATTRIB_HAS_SEGMENT_SS, SS},
         {ZYDIS_ATTRIB_HAS_SEGMENT_DS, DS},
         {ZYDIS_ATTRIB_HAS_SEGMENT_FS, FS},
         {ZYDIS_ATTRIB_HAS_SEGMENT_GS, GS}}};
    for (const auto& [attribute, seg] : prefixes)
        if (z.attributes & attribute) return seg;
    return DS;
}

bool is_string(const ZydisDecodedInstruction& z) {
    return z.meta.category == ZYDIS_CATEGORY_STRINGOP ||
           z.meta.category == ZYDIS_CATEGORY_IOSTRINGOP;
}

/// MOV, PUSH, POP, CALL, JMP and RET have rows of their own by operand or distance.
Op special_row(Op op, const ZydisDecodedInstruction& z, const ZydisDecodedOperand* operands,
               u8 count) {
    const bool far = z.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
    const auto cls = [&](unsigned i) {
        return i < count && operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER
                   ? ZydisRegisterGetClass(operands[i].reg.value)
                   : ZYDIS_REGCLASS_INVALID;
    };
    switch (op) {
        case Op::MOV:
            if (cls(0) == ZYDIS_REGCLASS_SEGMENT) return Op::MOV_TO_SREG;
            if (cls(1) == ZYDIS_REGCLASS_SEGMENT) return Op::MOV_FROM_SREG;
            if (cls(0) == ZYDIS_REGCLASS_CONTROL) return Op::MOV_TO_CR;
            if (cls(1) == ZYDIS_REGCLASS_CONTROL) return Op::MOV_FROM_CR;
            if (cls(0) == ZYDIS_REGCLASS_DEBUG) return Op::MOV_TO_DR;
            if (cls(1) == ZYDIS_REGCLASS_DEBUG) return Op::MOV_FROM_DR;
            return op;
        case Op::PUSH: return cls(0) == ZYDIS_REGCLASS_SEGMENT ? Op::PUSH_SREG : op;
        case Op::POP: return cls(0) == ZYDIS_REGCLASS_SEGMENT ? Op::POP_SREG : op;
        case Op::CALL: return far ? Op::CALL_FAR : op;
        case Op::JMP: return far ? Op::JMP_FAR : op;
        case Op::RET: return far ? Op::RET_FAR : op;
        default: return op;
    }
}

void take_register(Insn& insn, ZydisRegister r, unsigned& registers) {
    const bool is_segment = ZydisRegisterGetClass(r) == ZYDIS_REGCLASS_SEGMENT;
    const u8 number = is_segment ? u8(segment(r)) : general(r);
    if (registers == 0) insn.reg0 = number;
    if (registers == 1) insn.reg1 = number;
    if (registers == 2) insn.reg2 = number;
    ++registers;
}

void take_memory(Insn& insn, const ZydisDecodedOperandMem& mem) {
    const bool from_rip = mem.base == ZYDIS_REGISTER_RIP || mem.base == ZYDIS_REGISTER_EIP;
    insn.base = from_rip ? instruction_pointer : general(mem.base);
    insn.index = general(mem.index);
    insn.scale = mem.scale;
    insn.segment = segment(mem.segment);
    insn.displacement = mem.disp.value;
}

constexpr u32 letters(std::string_view kinds) {
    u32 shape = 0;
    for (const char kind : kinds) shape = shape << 8 | u32(u8(kind));
    return shape;
}

/// R: register, M: memory, I: immediate, P: far pointer.
Form form_of(u32 shape) {
    switch (shape) {
        case letters("R"): return Form::R;
        case letters("M"): return Form::M;
        case letters("I"): return Form::I;
        case letters("RR"): return Form::RR;
        case letters("RM"): return Form::RM;
        case letters("MR"): return Form::MR;
        case letters("RI"): return Form::RI;
        case letters("MI"): return Form::MI;
        case letters("RRI"): return Form::RRI;
        case letters("RMI"): return Form::RMI;
        case letters("RRR"): return Form::RRR;
        case letters("RRM"): return Form::RRM;
        case letters("RMR"): return Form::RMR;
        case letters("MRR"): return Form::MRR;
        case letters("MRI"): return Form::MRI;
        case letters("IR"): return Form::IR;
        case letters("P"): return Form::FarPointer;
        default: return Form::None;
    }
}

/// Fills form, registers, memory and immediates from the visible operands.
void take_operands(Insn& insn, const ZydisDecodedOperand* operands, u8 count) {
    u32 shape = 0;  // a letter for each operand, in order
    const auto add = [&shape](char kind) { shape = shape << 8 | u32(u8(kind)); };
    unsigned registers = 0, immediates = 0;
    for (u8 i = 0; i < count && i < 4; ++i) {
        const ZydisDecodedOperand& o = operands[i];
        switch (o.type) {
            case ZYDIS_OPERAND_TYPE_REGISTER:
                if (i > 0 && o.reg.value == ZYDIS_REGISTER_CL &&
                    o.visibility != ZYDIS_OPERAND_VISIBILITY_EXPLICIT) {
                    insn.count_is_cl = true;
                    break;
                }
                take_register(insn, o.reg.value, registers);
                add('R');
                break;
            case ZYDIS_OPERAND_TYPE_MEMORY:
                take_memory(insn, o.mem);
                add('M');
                break;
            case ZYDIS_OPERAND_TYPE_IMMEDIATE:
                if (immediates++ == 0) {
                    insn.immediate = o.imm.value.s;
                    add('I');
                } else {
                    insn.immediate2 = u16(o.imm.value.u);
                }
                break;
            case ZYDIS_OPERAND_TYPE_POINTER:
                insn.immediate = o.ptr.offset;
                insn.immediate2 = o.ptr.segment;
                add('P');
                break;
            default: break;
        }
    }
    insn.form = form_of(shape);
}

/// SHLD r/m, r, CL has CL as an explicit-looking operand; so have the shifts.
void drop_cl(Insn& insn) {
    if (insn.op == Op::SHLD || insn.op == Op::SHRD) {
        if (insn.form == Form::RRR) insn.form = Form::RR, insn.count_is_cl = true;
        if (insn.form == Form::MRR) insn.form = Form::MR, insn.count_is_cl = true;
    }
    const bool shift = insn.op >= Op::SHL && insn.op <= Op::RCR;
    if (shift && insn.form == Form::RR) insn.form = Form::R, insn.count_is_cl = true;
    if (shift && insn.form == Form::MR) insn.form = Form::M, insn.count_is_cl = true;
}

void set_widths(Insn& insn, const ZydisDecodedInstruction& z, const ZydisDecodedOperand* operands,
                u8 count, Named row) {
    insn.operand_size = u8(z.operand_width == 8 ? 1 : z.operand_width / 8);
    insn.address_size = u8(z.address_width / 8);
    insn.address_mask = width_mask(insn.address_size);
    insn.width = insn.operand_size;
    if (row.width) {
        insn.width = row.width;
    } else if (count > 0 && operands[0].size >= 8 && operands[0].size <= 64) {
        const bool port_first = insn.op == Op::OUT;
        const ZydisDecodedOperand& sized = operands[port_first && count > 1 ? 1 : 0];
        if (sized.type != ZYDIS_OPERAND_TYPE_IMMEDIATE) insn.width = u8(sized.size / 8);
    }
    insn.source_width = count > 1 ? u8(operands[1].size / 8) : insn.width;
}

/// In 64-bit mode the prefixes of ES, CS, SS and DS do nothing. SDM 1 "Segment Registers in 64-Bit
/// Mode". What is left is FS, GS, and the stack's #SS in place of #GP.
void drop_flat_overrides(Insn& insn, const ZydisDecodedOperand* operands, u8 count) {
    if (insn.segment == FS || insn.segment == GS) return;
    insn.segment = DS;
    for (u8 n = 0; n < count; ++n) {
        if (operands[n].type != ZYDIS_OPERAND_TYPE_MEMORY) continue;
        const ZydisRegister base = operands[n].mem.base;
        if (base == ZYDIS_REGISTER_RSP || base == ZYDIS_REGISTER_RBP ||
            base == ZYDIS_REGISTER_ESP || base == ZYDIS_REGISTER_EBP)
            insn.segment = SS;
    }
}

/// Instructions without a row, or with one for all of a kind: none runs, all have their name.
bool only_named(Op op) {
    return op == Op::Unknown || op == Op::X87 || op == Op::MMX || op == Op::SSE;
}

/// Instructions on x87, MMX and SSE state have a row for all of a kind.
Op coprocessor_row(const ZydisDecodedInstruction& z) {
    switch (z.meta.isa_ext) {
        case ZYDIS_ISA_EXT_X87: return Op::X87;
        case ZYDIS_ISA_EXT_MMX: return Op::MMX;
        case ZYDIS_ISA_EXT_SSE:
        case ZYDIS_ISA_EXT_SSE2:
        case ZYDIS_ISA_EXT_SSE3:
        case ZYDIS_ISA_EXT_SSSE3:
        case ZYDIS_ISA_EXT_SSE4: return Op::SSE;
        default: return Op::Unknown;
    }
}

/// With REX.B the opcode of NOP names R8; F3 before it then means nothing. SDM 2B "XCHG", "PAUSE".
void name_r8(Insn& insn) {
    insn.op = Op::XCHG;
    insn.form = Form::RR;
    insn.width = insn.operand_size;
    insn.reg0 = 8;
    insn.reg1 = 0;
}

Insn convert(const ZydisDecodedInstruction& z, const ZydisDecodedOperand* operands) {
    Insn insn;
    insn.length = z.length;
    const Named row = named(z.mnemonic, is_string(z));
    const u8 count = z.operand_count_visible;
    insn.op = special_row(row.op, z, operands, count);
    if (insn.op == Op::Unknown) insn.op = coprocessor_row(z);
    insn.condition = row.condition;
    insn.lock = (z.attributes & ZYDIS_ATTRIB_HAS_LOCK) != 0;
    insn.rep = (z.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE)) != 0;
    insn.repne = (z.attributes & ZYDIS_ATTRIB_HAS_REPNE) != 0;
    set_widths(insn, z, operands, count, row);
    if (is_string(z)) {
        insn.segment = override_or_ds(z);
        if (z.machine_mode == ZYDIS_MACHINE_MODE_LONG_64) drop_flat_overrides(insn, operands, 0);
        return insn;
    }
    insn.segment = override_or_ds(z);
    take_operands(insn, operands, count);
    if (z.machine_mode == ZYDIS_MACHINE_MODE_LONG_64) drop_flat_overrides(insn, operands, count);
    drop_cl(insn);
    if (insn.op == Op::PAUSE && z.raw.rex.B) name_r8(insn);
    if (only_named(insn.op)) insn.immediate = z.mnemonic;
    return insn;
}

ZydisMachineMode machine_mode(unsigned bits) {
    return bits == 64   ? ZYDIS_MACHINE_MODE_LONG_64
           : bits == 32 ? ZYDIS_MACHINE_MODE_LEGACY_32
                        : ZYDIS_MACHINE_MODE_LEGACY_16;
}

}  // namespace

Decoded decode(std::span<const u8> bytes, unsigned bits) {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, machine_mode(bits),
                     bits == 64   ? ZYDIS_STACK_WIDTH_64
                     : bits == 32 ? ZYDIS_STACK_WIDTH_32
                                  : ZYDIS_STACK_WIDTH_16);
    // What these features gave a meaning to is, without them, the NOP or WBINVD that it was before.
    for (const ZydisDecoderMode absent : {ZYDIS_DECODER_MODE_MPX, ZYDIS_DECODER_MODE_CET,
                                          ZYDIS_DECODER_MODE_CLDEMOTE, ZYDIS_DECODER_MODE_WBNOINVD})
        ZydisDecoderEnableMode(&decoder, absent, ZYAN_FALSE);
    ZydisDecodedInstruction z;
    std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
    const ZyanStatus status =
        ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &z, operands.data());
    Decoded out;
    if (ZYAN_SUCCESS(status)) {
        out.insn = convert(z, operands.data());
        const auto& first = z.raw.imm[0];
        // The whole immediate, and nothing behind it: see DecodeMemo.
        if (first.size && !z.raw.imm[1].size && !only_named(out.insn.op) &&
            out.insn.form != Form::FarPointer &&
            unsigned(first.offset) + first.size / 8u == z.length)
            out.immediate_bytes = u8(first.size / 8);
    } else if (status == ZYDIS_STATUS_NO_MORE_DATA) {
        out.status = bytes.size() >= longest_instruction ? Decoded::TooLong : Decoded::NeedMore;
    } else if (status == ZYDIS_STATUS_INSTRUCTION_TOO_LONG) {
        out.status = Decoded::TooLong;
    } else {
        out.insn.undefined = true;
        out.insn.length = 1;
    }
    return out;
}

const char* mnemonic_of(const Insn& insn) {
    return ZydisMnemonicGetString(ZydisMnemonic(insn.immediate));
}

}  // namespace ringside::decode
