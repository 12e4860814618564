#include "scenarios/vmms/common/emulate_stores.hpp"

#include "scenarios/vmms/common/emulate_parts.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/segments.hpp"

namespace ringside::vmm {
namespace {

using isa::flags::DF;

/// What an instruction does with its memory operand.
enum class Form : u8 {
    Other,
    MovRegister,    ///< MOV m, r
    MovImmediate,   ///< MOV m, imm
    MovOffset,      ///< MOV moffs, eAX
    TwoRegister,    ///< ADD m, r and its like
    TwoImmediate,   ///< ADD m, imm
    One,            ///< INC DEC NOT NEG m
    PushRegister,   ///< PUSH r
    PushImmediate,  ///< PUSH imm
    PushMemory,     ///< PUSH m
    Stos,
    Movs,
};

Form form(const Insn& insn) {
    if (insn.map != Map::OneByte || insn.address16) return Form::Other;
    const u8 op = insn.opcode;
    const auto to_memory = [&](Form f) { return insn.memory_operand() ? f : Form::Other; };
    constexpr unsigned cmp = 7;
    if (op < 0x38 && (op & 7) < 2) return to_memory(Form::TwoRegister);
    if (op >= 0x50 && op < 0x58) return Form::PushRegister;
    switch (op) {
        case 0x68:
        case 0x6a: return Form::PushImmediate;
        case 0x80:
        case 0x81:
        case 0x83: return insn.reg() == cmp ? Form::Other : to_memory(Form::TwoImmediate);
        case 0x88:
        case 0x89: return to_memory(Form::MovRegister);
        case 0xa2:
        case 0xa3: return Form::MovOffset;
        case 0xa4:
        case 0xa5: return Form::Movs;
        case 0xaa:
        case 0xab: return Form::Stos;
        case 0xc6:
        case 0xc7: return insn.reg() == 0 ? to_memory(Form::MovImmediate) : Form::Other;
        case 0xf6:
        case 0xf7: return insn.reg() == 2 || insn.reg() == 3 ? to_memory(Form::One) : Form::Other;
        case 0xfe: return insn.reg() < 2 ? to_memory(Form::One) : Form::Other;
        case 0xff: {
            if (insn.reg() == 6) return to_memory(Form::PushMemory);
            return insn.reg() < 2 ? to_memory(Form::One) : Form::Other;
        }
        default: return Form::Other;
    }
}

/// Bytes of the operand: bit 0 of these opcodes tells a byte from a word.
u32 width(const Insn& insn, Form f) {
    const bool push = f >= Form::PushRegister && f <= Form::PushMemory;
    if (!push && !(insn.opcode & 1)) return 1;
    return insn.operand16 ? 2 : 4;
}

/// AL CL DL BL AH CH DH BH, or a wider register.
u32 register_value(const TrapFrame& frame, unsigned n, u32 bytes) {
    TrapFrame copy = frame;
    return bytes == 1 && n >= 4 ? copy.general(n - 4) >> 8 : copy.general(n);
}

// ---- arithmetic: the CPU's own, and so are its flags

#define WITH_FLAGS(text) "pushl %[f]\n\tpopfl\n\t" text "\n\tpushfl\n\tpopl %[f]"
#define TWO(n, name)                                \
    case n:                                         \
        asm volatile(WITH_FLAGS(name " %[b], %[a]") \
                     : [a] "+q"(a), [f] "+r"(flags) \
                     : [b] "q"(b)                   \
                     : "cc", "memory");             \
        break;
#define ONE(n, name)                                                                              \
    case n:                                                                                       \
        asm volatile(WITH_FLAGS(name " %[a]") : [a] "+q"(a), [f] "+r"(flags) : : "cc", "memory"); \
        break;

/// a = a <operation n> b, in the order of encodings. SDM 2D "Opcode Map", group 1.
template <class T>
T two(unsigned n, T a, T b, u32& flags) {
    switch (n) {
        TWO(0, "add")
        TWO(1, "or") TWO(2, "adc") TWO(3, "sbb") TWO(4, "and") TWO(5, "sub") TWO(6, "xor")
    }
    return a;
}
/// The same for INC and DEC (groups 4 and 5), NOT and NEG (group 3).
template <class T>
T one(unsigned n, T a, u32& flags) {
    switch (n) { ONE(0, "inc") ONE(1, "dec") ONE(2, "not") ONE(3, "neg") }
    return a;
}

u32 arithmetic(const Insn& insn, Form f, u32 bytes, u32 a, u32 b, TrapFrame& frame) {
    u32 flags = u32((frame.eflags & isa::flags::status) | isa::flags::fixed);
    const auto apply = [&]<class T>(T) -> u32 {
        if (f == Form::One) return one<T>(insn.reg(), T(a), flags);
        const unsigned n = f == Form::TwoRegister ? insn.opcode >> 3 : insn.reg();
        return two<T>(n, T(a), T(b), flags);
    };
    const u32 result = bytes == 1 ? apply(u8{}) : bytes == 2 ? apply(u16{}) : apply(u32{});
    frame.eflags = u32((frame.eflags & ~isa::flags::status) | (flags & isa::flags::status));
    return result;
}

// ---- the forms

constexpr unsigned es = 0, ss = 2;

Fault move_to_memory(Guest& guest, TrapFrame& frame, const Insn& insn, Form f, u32 bytes) {
    const MemoryOperand at = f == Form::MovOffset
                                 ? MemoryOperand{source_segment(insn), insn.displacement()}
                                 : memory_operand(frame, insn);
    const u32 value = f == Form::MovImmediate ? insn.immediate()
                      : f == Form::MovOffset  ? frame.eax
                                              : register_value(frame, insn.reg(), bytes);
    return write_memory(guest, frame, at, &value, bytes);
}

Fault modify_memory(Guest& guest, TrapFrame& frame, const Insn& insn, Form f, u32 bytes) {
    const MemoryOperand at = memory_operand(frame, insn);
    u32 value = 0;
    if (const Fault fault = read_memory(guest, frame, at, &value, bytes)) return fault;
    const u32 other =
        f == Form::TwoRegister ? register_value(frame, insn.reg(), bytes) : insn.immediate();
    TrapFrame after = frame;
    value = arithmetic(insn, f, bytes, value, other, after);
    if (const Fault fault = write_memory(guest, frame, at, &value, bytes)) return fault;
    frame.eflags = after.eflags;
    return {};
}

Fault push_value(Guest& guest, TrapFrame& frame, const Insn& insn, Form f, u32 bytes) {
    u32 value = f == Form::PushRegister ? frame.general(insn.opcode & 7) : insn.immediate();
    if (f == Form::PushMemory)
        if (const Fault fault =
                read_memory(guest, frame, memory_operand(frame, insn), &value, bytes))
            return fault;
    if (const Fault fault = write_memory(guest, frame, {ss, frame.esp - bytes}, &value, bytes))
        return fault;
    frame.esp -= bytes;
    return {};
}

/// One round of STOS or MOVS.
Fault string_round(Guest& guest, TrapFrame& frame, const Insn& insn, Form f, u32 bytes) {
    const u32 step = frame.eflags & DF ? 0 - bytes : bytes;
    u32 value = frame.eax;
    if (f == Form::Movs)
        if (const Fault fault =
                read_memory(guest, frame, {source_segment(insn), frame.esi}, &value, bytes))
            return fault;
    if (const Fault fault = write_memory(guest, frame, {es, frame.edi}, &value, bytes))
        return fault;
    frame.edi += step;
    if (f == Form::Movs) frame.esi += step;
    return {};
}

EmulationResult string(Guest& guest, TrapFrame& frame, const Insn& insn, Form f, u32 bytes) {
    if (!insn.rep) return finish(frame, insn, string_round(guest, frame, insn, f, bytes));
    constexpr unsigned most_rounds = 64;  // so that an interrupt need not wait for long
    for (unsigned round = 0; frame.ecx && round < most_rounds; ++round, --frame.ecx)
        if (const Fault fault = string_round(guest, frame, insn, f, bytes))
            return finish(frame, insn, fault);
    return frame.ecx ? finish_jump({}) : finish(frame, insn, {});
}

}  // namespace

bool is_emulated_store(const Insn& insn) { return form(insn) != Form::Other; }

EmulationResult emulate_store(Guest& guest, TrapFrame& frame, const Insn& insn) {
    const Form f = form(insn);
    const u32 bytes = width(insn, f);
    switch (f) {
        case Form::Other: return not_handled;
        case Form::MovRegister:
        case Form::MovImmediate:
        case Form::MovOffset:
            return finish(frame, insn, move_to_memory(guest, frame, insn, f, bytes));
        case Form::TwoRegister:
        case Form::TwoImmediate:
        case Form::One: return finish(frame, insn, modify_memory(guest, frame, insn, f, bytes));
        case Form::PushRegister:
        case Form::PushImmediate:
        case Form::PushMemory: return finish(frame, insn, push_value(guest, frame, insn, f, bytes));
        case Form::Stos:
        case Form::Movs: return string(guest, frame, insn, f, bytes);
    }
    return not_handled;
}

}  // namespace ringside::vmm
