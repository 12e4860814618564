// Operands, and the sums inside brackets.
#include "sim/asm/operand.hpp"

#include <Zydis/Zydis.h>

#include <algorithm>
#include <array>

#include "sim/asm/names.hpp"

namespace ringside::assembler {
namespace {

constexpr std::array<std::pair<const char*, u8>, 8> sizes = {{{"byte", 1},
                                                              {"word", 2},
                                                              {"dword", 4},
                                                              {"qword", 8},
                                                              {"tword", 10},
                                                              {"oword", 16},
                                                              {"yword", 32},
                                                              {"zword", 64}}};

bool is_class(u32 reg, ZydisRegisterClass kind) {
    return ZydisRegisterGetClass(static_cast<ZydisRegister>(reg)) == kind;
}
bool is_segment(u32 reg) { return is_class(reg, ZYDIS_REGCLASS_SEGMENT); }

/// 2, 4 or 8 for a register that an address can hold, else 0.
u8 address_width(u32 reg) {
    if (is_class(reg, ZYDIS_REGCLASS_GPR16)) return 2;
    if (is_class(reg, ZYDIS_REGCLASS_GPR32)) return 4;
    if (is_class(reg, ZYDIS_REGCLASS_GPR64)) return 8;
    return 0;
}
bool is_stack_pointer(u32 reg) { return reg == ZYDIS_REGISTER_ESP || reg == ZYDIS_REGISTER_RSP; }

class MemoryReader {
  public:
    MemoryReader(Cursor& cursor, Scope& scope, Operand& operand, Problem& problem)
        : cursor_(cursor), scope_(scope), operand_(operand), problem_(problem) {}

    void read(const OperandContext& context) {
        operand_.kind = Operand::memory;
        bool absolute = false;
        read_keywords(absolute);
        if (const u32 reg = register_named(cursor_.token().text);
            cursor_.token().is_word() && is_segment(reg)) {
            operand_.segment = reg;
            cursor_.next();
            if (!cursor_.take(":")) return fail("expected ':' behind the segment register");
            read_keywords(absolute);
        }
        Value sum = evaluate(cursor_, scope_, problem_);
        if (problem_.any()) return;
        if (cursor_.at(","))
            return fail("expected ']'", "an address is one sum, like [ebx+ecx*4+8]");
        if (!cursor_.take("]")) return fail("expected ']'");
        parsed_ = true;
        split(sum);
        if (context.bits == 64 && context.default_relative && !absolute && !operand_.base &&
            !operand_.index && operand_.segment != ZYDIS_REGISTER_FS &&
            operand_.segment != ZYDIS_REGISTER_GS)
            operand_.relative = true;
        if (operand_.base || operand_.index || context.bits != 64) operand_.relative = false;
    }

  private:
    void fail(std::string message, std::string hint = {}) {
        const int column = parsed_ ? operand_.column : cursor_.column();
        if (!problem_.any()) problem_ = {column, std::move(message), std::move(hint)};
    }

    void read_keywords(bool& absolute) {
        while (true) {
            if (cursor_.take_word("rel")) {
                operand_.relative = true;
            } else if (cursor_.take_word("abs")) {
                absolute = true;
            } else if (cursor_.take_word("nosplit")) {
                nosplit_ = true;
            } else if (cursor_.token().is_word() && size_named(cursor_.token().text)) {
                // Behind `[`, `byte` sizes the displacement, the wider ones the address.
                const u8 size = size_named(cursor_.token().text);
                keyword_ = size;
                cursor_.next();
            } else {
                return;
            }
        }
    }

    /// The sum into base + index * scale + displacement.
    void split(Value sum) {
        std::vector<Term> regs;
        for (const Term& term : sum.terms)
            if (term.kind == Term::reg) regs.push_back(term);
        std::erase_if(sum.terms, [](const Term& t) { return t.kind == Term::reg; });
        operand_.value = sum;
        if (regs.size() > 2) return fail("an address holds at most two registers");
        for (const Term& term : regs)
            if (!address_width(term.id))
                return fail(std::string("'") +
                            ZydisRegisterGetString(static_cast<ZydisRegister>(term.id)) +
                            "' cannot be part of an address");
        for (const Term& term : regs) place(term);
        if (problem_.any()) return;
        order();
        apply_keyword();
    }

    void place(const Term& term) {
        const bool can_be_base = !operand_.base;
        if (term.times == 1 && can_be_base) {
            operand_.base = term.id;
        } else if (!operand_.index && valid_scale(term.times)) {
            operand_.index = term.id;
            operand_.scale = static_cast<u8>(term.times);
        } else if (can_be_base && !operand_.index && valid_scale(term.times - 1)) {
            operand_.base = operand_.index = term.id;  // [eax*5] is [eax+eax*4]
            operand_.scale = static_cast<u8>(term.times - 1);
        } else {
            fail("a register in an address can be scaled by 1, 2, 4 or 8");
        }
        // Shorter and the same: [eax*2] is [eax+eax].
        if (!operand_.base && operand_.index && operand_.scale == 2 && !nosplit_ &&
            address_width(operand_.index) > 2)
            split_double_ = true;
    }
    static bool valid_scale(i64 s) { return s == 1 || s == 2 || s == 4 || s == 8; }

    void order() {
        if (split_double_ && !operand_.base) {
            operand_.base = operand_.index;
            operand_.scale = 1;
        }
        // ESP has no encoding as an index. SDM 2A "Addressing-Mode Encoding of ModR/M and SIB
        // Bytes".
        if (operand_.scale == 1 && is_stack_pointer(operand_.index))
            std::swap(operand_.base, operand_.index);
        if (is_stack_pointer(operand_.index)) return fail("esp cannot be an index register");
        const auto sixteen_index = [](u32 r) {
            return r == ZYDIS_REGISTER_SI || r == ZYDIS_REGISTER_DI;
        };
        if (operand_.index && operand_.scale == 1 && sixteen_index(operand_.base))
            std::swap(operand_.base, operand_.index);
        if (operand_.base && operand_.index &&
            address_width(operand_.base) != address_width(operand_.index))
            fail("the registers of an address must have the same size");
    }

    void apply_keyword() {
        const bool registers = operand_.base || operand_.index;
        if (keyword_ == 1 || (keyword_ && registers))
            operand_.displacement = keyword_;
        else
            operand_.address = keyword_;
    }

    Cursor& cursor_;
    Scope& scope_;
    Operand& operand_;
    Problem& problem_;
    u8 keyword_ = 0;
    bool parsed_ = false;  ///< what is wrong now is the address as a whole
    bool nosplit_ = false;
    bool split_double_ = false;
};

}  // namespace

u8 size_named(std::string_view word) {
    const std::string name = lower(word);
    for (const auto& [text, size] : sizes)
        if (name == text) return size;
    return 0;
}

Operand parse_operand(Cursor& cursor, Scope& scope, const OperandContext& context,
                      Problem& problem) {
    Operand operand;
    operand.column = cursor.column();
    while (cursor.token().is_word()) {
        if (cursor.take_word("short")) {
            operand.distance = Distance::short_;
        } else if (cursor.take_word("near")) {
            operand.distance = Distance::near_;
        } else if (cursor.take_word("far")) {
            operand.distance = Distance::far_;
        } else if (cursor.take_word("strict")) {
            operand.strict = true;
        } else if (const u8 size = size_named(cursor.token().text)) {
            operand.size = size;
            cursor.next();
            if (cursor.at_word("ptr")) {
                problem = {cursor.column(), "NASM has no 'ptr'", "leave it out"};
                return operand;
            }
        } else {
            break;
        }
    }
    if (cursor.take("[")) {
        MemoryReader(cursor, scope, operand, problem).read(context);
        return operand;
    }
    operand.value = evaluate(cursor, scope, problem);
    if (problem.any()) return operand;
    if (cursor.take(":")) {
        operand.kind = Operand::far_pointer;
        operand.selector = operand.value;
        operand.value = evaluate(cursor, scope, problem);
        if (!problem.any() && (operand.value.has_registers() || operand.selector.has_registers()))
            problem = {operand.column, "a far pointer is two numbers, selector:offset",
                       "a memory operand needs brackets, like [es:edi]"};
        return operand;
    }
    if (const u32 reg = operand.value.lone_register()) {
        operand.kind = Operand::reg;
        operand.reg_id = reg;
    } else if (operand.value.has_registers()) {
        problem = {operand.column, "registers can only be added inside brackets",
                   "use [..] for memory, or lea for the sum itself"};
    }
    return operand;
}

}  // namespace ringside::assembler
