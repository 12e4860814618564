// Disassembly by Zydis, in the spelling of NASM.
#include "sim/decode/text.hpp"

#include <Zydis/Zydis.h>

namespace ringside::decode {
namespace {

struct Mode {
    ZydisMachineMode machine;
    ZydisStackWidth stack;
};

Mode mode_of(unsigned bits) {
    switch (bits) {
        case 16: return {ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16};
        case 64: return {ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64};
        default: return {ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32};
    }
}

/// Memory needs a size in the text when no register of the same width stands beside it.
bool size_is_open(const ZydisDecodedInstruction& instruction, const ZydisDecodedOperand* operands) {
    bool memory = false;
    for (unsigned i = 0; i < instruction.operand_count_visible; ++i) {
        const ZydisDecodedOperand& o = operands[i];
        if (o.type == ZYDIS_OPERAND_TYPE_MEMORY) {
            const bool plain = o.size == 8 || o.size == 16 || o.size == 32 || o.size == 64;
            if (o.mem.type != ZYDIS_MEMOP_TYPE_MEM || !plain) return false;
            memory = true;
        }
    }
    for (unsigned i = 0; i < instruction.operand_count_visible; ++i)
        for (unsigned j = 0; j < instruction.operand_count_visible; ++j)
            if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
                operands[j].type == ZYDIS_OPERAND_TYPE_REGISTER &&
                operands[j].size == operands[i].size &&
                !(operands[j].reg.value == ZYDIS_REGISTER_CL &&
                  operands[j].visibility == ZYDIS_OPERAND_VISIBILITY_IMPLICIT))
                return false;
    return memory;
}

/// `dword ptr fs:[eax]` is `dword [fs:eax]` in NASM.
std::string as_nasm(std::string text) {
    for (size_t at; (at = text.find(" ptr ")) != std::string::npos;) text.erase(at, 4);
    if (const size_t at = text.find(":["); at != std::string::npos && at >= 2) {
        const std::string segment = text.substr(at - 2, 2);
        text.replace(at - 2, 4, "[" + segment + ":");
    }
    return text;
}

}  // namespace

std::optional<TextInsn> disassemble(std::span<const u8> bytes, u64 address, unsigned bits) {
    const Mode mode = mode_of(bits);
    ZydisDecoder decoder;
    if (ZYAN_FAILED(ZydisDecoderInit(&decoder, mode.machine, mode.stack))) return std::nullopt;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    if (ZYAN_FAILED(
            ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &instruction, operands)))
        return std::nullopt;
    ZydisFormatter formatter;
    ZydisFormatterInit(&formatter, ZYDIS_FORMATTER_STYLE_INTEL);
    // No leading zeros, lower-case digits: 0x1f and not 0x0000001F.
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
                              ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
                              ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_DISP_PADDING,
                              ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_IMM_PADDING, ZYDIS_PADDING_DISABLED);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    ZydisFormatterSetProperty(&formatter, ZYDIS_FORMATTER_PROP_FORCE_SIZE,
                              size_is_open(instruction, operands) ? ZYAN_TRUE : ZYAN_FALSE);
    char buffer[256];
    if (ZYAN_FAILED(ZydisFormatterFormatInstruction(&formatter, &instruction, operands,
                                                    instruction.operand_count_visible, buffer,
                                                    sizeof buffer, address, nullptr)))
        return std::nullopt;
    return TextInsn{instruction.length, as_nasm(buffer)};
}

}  // namespace ringside::decode
