// The forms in which NASM's operands differ from the encoder's, one function each.
#include "sim/asm/operand_forms.hpp"

#include <algorithm>

#include "sim/asm/request.hpp"

namespace ringside::assembler {
namespace {

using Operands = std::vector<Operand>;

bool one_of(const Mnemonic& m, std::initializer_list<ZydisMnemonic> list) {
    return std::find(list.begin(), list.end(), static_cast<ZydisMnemonic>(m.id)) != list.end();
}
ZydisRegisterClass class_of(const Operand& o) {
    return ZydisRegisterGetClass(static_cast<ZydisRegister>(o.reg_id));
}
bool kinds(const Operands& operands, std::initializer_list<Operand::Kind> wanted) {
    return std::equal(operands.begin(), operands.end(), wanted.begin(), wanted.end(),
                      [](const Operand& o, Operand::Kind kind) { return o.kind == kind; });
}

/// The same general register with another width.
void resize(Operand& o, unsigned bytes) {
    const ZydisRegisterClass from = class_of(o);
    if (from != ZYDIS_REGCLASS_GPR16 && from != ZYDIS_REGCLASS_GPR32 &&
        from != ZYDIS_REGCLASS_GPR64)
        return;
    const ZydisRegisterClass to = bytes == 2   ? ZYDIS_REGCLASS_GPR16
                                  : bytes == 4 ? ZYDIS_REGCLASS_GPR32
                                               : ZYDIS_REGCLASS_GPR64;
    const auto id = ZydisRegisterGetId(static_cast<ZydisRegister>(o.reg_id));
    o.reg_id = ZydisRegisterEncode(to, static_cast<ZyanU8>(id));
}

/// `aam` is `aam 10`. SDM 2A "AAM—ASCII Adjust AX After Multiply".
void give_base_ten(Operands& operands) {
    operands.emplace_back();
    operands[0].value.number = 10;
}

/// The exchange is symmetric. The encoder's short form wants the accumulator second, and NASM puts
/// the first operand into the reg field of the other form.
void order_exchange(Operands& operands) {
    const auto accumulator = [](const Operand& o) {
        return ZydisRegisterGetId(static_cast<ZydisRegister>(o.reg_id)) == 0;
    };
    if (accumulator(operands[0]) || !accumulator(operands[1]) ||
        register_bytes(operands[0].reg_id) == 1)
        std::swap(operands[0], operands[1]);
}

/// `mov rax, 5` is `mov eax, 5`: a 32-bit result clears the upper half. SDM 1 "64-Bit Mode".
void shorten_mov64(Operands& operands) {
    const Operand& from = operands[1];
    const bool fits = !(static_cast<u64>(from.value.number) >> 32);
    if (fits && !from.value.is_address() && !from.strict && register_bytes(operands[0].reg_id) == 8)
        resize(operands[0], 4);
}

}  // namespace

void adapt_operands(const Mnemonic& mnemonic, unsigned bits, Operands& operands) {
    const auto is = [&](auto... names) { return one_of(mnemonic, {names...}); };
    const bool registers = kinds(operands, {Operand::reg, Operand::reg});
    if (operands.empty() && is(ZYDIS_MNEMONIC_AAM, ZYDIS_MNEMONIC_AAD)) give_base_ten(operands);
    if (is(ZYDIS_MNEMONIC_IMUL) && kinds(operands, {Operand::reg, Operand::number}))
        operands.insert(operands.begin(), operands[0]);
    if (is(ZYDIS_MNEMONIC_TEST, ZYDIS_MNEMONIC_XCHG) &&
        kinds(operands, {Operand::reg, Operand::memory}))
        std::swap(operands[0], operands[1]);
    if (is(ZYDIS_MNEMONIC_XCHG) && registers) order_exchange(operands);
    if (is(ZYDIS_MNEMONIC_MOV) && registers && class_of(operands[0]) == ZYDIS_REGCLASS_SEGMENT)
        resize(operands[1], 2);
    if (is(ZYDIS_MNEMONIC_MOV) && bits == 64 && kinds(operands, {Operand::reg, Operand::number}))
        shorten_mov64(operands);
    if (is(ZYDIS_MNEMONIC_LAR, ZYDIS_MNEMONIC_LSL) && registers)
        resize(operands[1], register_bytes(operands[0].reg_id));
    if (is(ZYDIS_MNEMONIC_LLDT, ZYDIS_MNEMONIC_LTR, ZYDIS_MNEMONIC_VERR, ZYDIS_MNEMONIC_VERW,
           ZYDIS_MNEMONIC_LMSW) &&
        kinds(operands, {Operand::reg}))
        resize(operands[0], 2);
}

}  // namespace ringside::assembler
