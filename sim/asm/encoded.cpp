// After the encoder: where the numbers went in the bytes, its oddities mended, and its refusals in
// words.
#include <algorithm>

#include "sim/asm/request.hpp"

namespace ringside::assembler {
namespace {

ZydisRegisterClass class_of(u32 reg) {
    return ZydisRegisterGetClass(static_cast<ZydisRegister>(reg));
}
bool is_general(u32 reg) {
    return class_of(reg) >= ZYDIS_REGCLASS_GPR8 && class_of(reg) <= ZYDIS_REGCLASS_GPR64;
}

std::string describe(const std::vector<Operand>& operands) {
    std::string out = "(";
    for (const Operand& o : operands) {
        if (out.size() > 1) out += ", ";
        const std::string size = o.size ? std::to_string(o.size * 8) + "-bit " : "";
        if (o.kind == Operand::reg)
            out += ZydisRegisterGetString(static_cast<ZydisRegister>(o.reg_id));
        if (o.kind == Operand::memory) out += size + "memory";
        if (o.kind == Operand::number) out += size + "number";
        if (o.kind == Operand::far_pointer) out += "selector:offset";
    }
    return out + ")";
}

/// ModR/M is mod (2 bits), reg (3), r/m (3). SDM 2A "ModR/M and SIB Bytes".
constexpr u8 mod_register = 0xc0;
constexpr u8 reg_field = 0x38;

}  // namespace

bool finish_encoding(Encoded& encoded, const Finish& how) {
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, machine_mode(how.bits),
                     how.bits == 16   ? ZYDIS_STACK_WIDTH_16
                     : how.bits == 32 ? ZYDIS_STACK_WIDTH_32
                                      : ZYDIS_STACK_WIDTH_64);
    ZydisDecodedInstruction decoded;
    std::vector<u8>& bytes = encoded.bytes;
    if (ZYAN_FAILED(
            ZydisDecoderDecodeInstruction(&decoder, nullptr, bytes.data(), bytes.size(), &decoded)))
        return false;
    encoded.displacement = {decoded.raw.disp.offset, static_cast<u8>(decoded.raw.disp.size / 8)};
    for (int i = 0; i < 2; ++i)
        encoded.immediate[i] = {decoded.raw.imm[i].offset,
                                static_cast<u8>(decoded.raw.imm[i].size / 8)};
    const size_t modrm = decoded.raw.modrm.offset;
    // MOV to and from control registers ignores the mod field; other assemblers write 11.
    if (!how.memory && modrm) bytes[modrm] |= mod_register;
    // NOP r/m is 0F 1F /0 in the manual; the encoder picks a reserved form. SDM 2B "NOP".
    if (how.memory && how.mnemonic == ZYDIS_MNEMONIC_NOP && modrm) {
        bytes[modrm - 1] = 0x1f;
        bytes[modrm] &= static_cast<u8>(~reg_field);
    }
    if (how.rewrite_absolute) {
        // r/m for an address without registers: by a SIB byte, disp32, disp16.
        const unsigned rm = how.bits == 64 ? 4 : encoded.displacement.size == 4 ? 5 : 6;
        bytes[modrm] = static_cast<u8>((bytes[modrm] & reg_field) | rm);
        if (how.bits == 64) bytes[decoded.raw.sib.offset] = 0x25;  // no base, no index
    }
    return true;
}

Problem no_form(const Instruction& instruction, const std::vector<Operand>& operands) {
    const std::string mode = std::to_string(instruction.bits) + "-bit code";
    if (operands.empty())
        return {instruction.column,
                "'" + instruction.mnemonic + "' needs operands, or does not exist in " + mode,
                {}};
    std::string hint;
    const auto memories = std::count_if(operands.begin(), operands.end(),
                                        [](const Operand& o) { return o.kind == Operand::memory; });
    if (memories > 1) hint = "an instruction has at most one memory operand";
    const u32 a = operands.size() > 1 ? operands[0].reg_id : 0;
    const u32 b = operands.size() > 1 ? operands[1].reg_id : 0;
    if (is_general(a) && is_general(b) && register_bytes(a) != register_bytes(b))
        hint = "the registers have different sizes";
    return {instruction.column,
            "no form of '" + instruction.mnemonic + "' takes " + describe(operands) + " in " + mode,
            hint};
}

ZydisMachineMode machine_mode(unsigned bits) {
    return bits == 16   ? ZYDIS_MACHINE_MODE_LEGACY_16
           : bits == 32 ? ZYDIS_MACHINE_MODE_LEGACY_32
                        : ZYDIS_MACHINE_MODE_LONG_64;
}

u8 register_bytes(u32 reg) {
    if (class_of(reg) == ZYDIS_REGCLASS_SEGMENT) return 2;
    return static_cast<u8>(
        ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, static_cast<ZydisRegister>(reg)) / 8);
}

}  // namespace ringside::assembler
