#include "sim/decode/text.hpp"

#include <Zydis/Zydis.h>

#include <cstdio>

#include "sim/base/check.hpp"

namespace ringside::decode {
namespace {

/// What the hook below needs: the names, and the function that it stands before.
struct Naming {
    const AddressName& name;
    ZydisFormatterFunc plain;
};

/// A branch target by its name, where it has one.
ZyanStatus print_named(const ZydisFormatter* formatter, ZydisFormatterBuffer* buffer,
                       ZydisFormatterContext* context) {
    const auto& [name, plain] = *static_cast<const Naming*>(context->user_data);
    ZyanU64 target = 0;
    if (name && ZYAN_SUCCESS(ZydisCalcAbsoluteAddress(context->instruction, context->operand,
                                                      context->runtime_address, &target))) {
        if (const auto text = name(target)) {
            ZYAN_CHECK(ZydisFormatterBufferAppend(buffer, ZYDIS_TOKEN_SYMBOL));
            ZyanString* out = nullptr;
            ZYAN_CHECK(ZydisFormatterBufferGetString(buffer, &out));
            ZyanStringView view;
            ZYAN_CHECK(ZyanStringViewInsideBufferEx(&view, text->data(), text->size()));
            return ZyanStringAppend(out, &view);
        }
    }
    return plain(formatter, buffer, context);
}

ZydisMachineMode mode_of(unsigned bits) {
    if (bits == 16) return ZYDIS_MACHINE_MODE_LEGACY_16;
    return bits == 32 ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LONG_64;
}

ZydisStackWidth stack_of(unsigned bits) {
    if (bits == 16) return ZYDIS_STACK_WIDTH_16;
    return bits == 32 ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_64;
}

struct Formatter {
    ZydisFormatter zydis;
    ZydisFormatterFunc plain = nullptr;  ///< how Zydis itself prints an address
    Formatter() {
        ZydisFormatterInit(&zydis, ZYDIS_FORMATTER_STYLE_INTEL);
        for (const auto property :
             {ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE,
              ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE, ZYDIS_FORMATTER_PROP_DISP_PADDING,
              ZYDIS_FORMATTER_PROP_IMM_PADDING})
            ZydisFormatterSetProperty(&zydis, property, ZYDIS_PADDING_DISABLED);
        ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
        auto hook = reinterpret_cast<const void*>(&print_named);
        ZydisFormatterSetHook(&zydis, ZYDIS_FORMATTER_FUNC_PRINT_ADDRESS_ABS, &hook);
        plain = reinterpret_cast<ZydisFormatterFunc>(const_cast<void*>(hook));
    }
};

}  // namespace

InstructionText disassemble(std::span<const u8> bytes, u64 address, unsigned bits,
                            const AddressName& name) {
    RINGSIDE_CHECK(!bytes.empty());
    static const Formatter formatter;  // a constant table of settings
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, mode_of(bits), stack_of(bits));
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    Naming naming{name, formatter.plain};
    char text[200];
    if (ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&decoder, bytes.data(), bytes.size(), &instruction, operands)) &&
        ZYAN_SUCCESS(ZydisFormatterFormatInstruction(&formatter.zydis, &instruction, operands,
                                                     instruction.operand_count_visible, text,
                                                     sizeof text, address, &naming)))
        return {text, instruction.length, true};
    std::snprintf(text, sizeof text, "db 0x%02x", bytes.front());
    return {text, 1, false};
}

}  // namespace ringside::decode
