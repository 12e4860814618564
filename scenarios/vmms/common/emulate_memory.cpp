#include "scenarios/vmms/common/emulate_memory.hpp"

#include "sim/isa/flags.hpp"

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
    LoadRegister,  ///< MOV r, m
    LoadOffset,    ///< MOV eAX, moffs
    LoadExtended,  ///< MOVZX and MOVSX r, m
    FromMemory,    ///< ADD r, m and its like
    CompareFrom,   ///< CMP r, m
    CompareWith,   ///< CMP m, r and CMP m, imm
    Test,          ///< TEST m, r and TEST m, imm
};

Form form(const Insn& insn) {
    const u8 op = insn.opcode;
    const auto of_memory = [&](Form f) { return insn.memory_operand() ? f : Form::Other; };
    if (insn.address16) return Form::Other;
    if (insn.map == Map::Map0F && (op & 0xf6) == 0xb6) return of_memory(Form::LoadExtended);
    if (insn.map != Map::OneByte) return Form::Other;
    constexpr unsigned cmp = 7;
    if (op < 0x38 && (op & 7) < 2) return of_memory(Form::TwoRegister);
    if (op < 0x38 && (op & 7) < 4) return of_memory(Form::FromMemory);
    if (op >= 0x50 && op < 0x58) return Form::PushRegister;
    switch (op) {
        case 0x68:
        case 0x6a: return Form::PushImmediate;
        case 0x80:
        case 0x81:
        case 0x83: return of_memory(insn.reg() == cmp ? Form::CompareWith : Form::TwoImmediate);
        case 0x38:
        case 0x39: return of_memory(Form::CompareWith);
        case 0x3a:
        case 0x3b: return of_memory(Form::CompareFrom);
        case 0x84:
        case 0x85: return of_memory(Form::Test);
        case 0x88:
        case 0x89: return of_memory(Form::MovRegister);
        case 0x8a:
        case 0x8b: return of_memory(Form::LoadRegister);
        case 0xa0:
        case 0xa1: return Form::LoadOffset;
        case 0xa2:
        case 0xa3: return Form::MovOffset;
        case 0xa4:
        case 0xa5: return Form::Movs;
        case 0xaa:
        case 0xab: return Form::Stos;
        case 0xc6:
        case 0xc7: return insn.reg() == 0 ? of_memory(Form::MovImmediate) : Form::Other;
        case 0xf6:
        case 0xf7:
            if (insn.reg() < 2) return of_memory(Form::Test);
            return insn.reg() < 4 ? of_memory(Form::One) : Form::Other;
        case 0xfe: return insn.reg() < 2 ? of_memory(Form::One) : Form::Other;
        case 0xff: {
            if (insn.reg() == 6) return of_memory(Form::PushMemory);
            return insn.reg() < 2 ? of_memory(Form::One) : Form::Other;
        }
        default: return Form::Other;
    }
}

/// Bytes of the operand: bit 0 of these opcodes tells a byte from a word.
u32 width(const Insn& insn, Form f) {
    const bool push = f >= Form::PushRegister && f <= Form::PushMemory;
    if (!push && !(insn.opcode & 1)) return 1;
    if (f == Form::LoadExtended) return 2;
    return insn.operand16 ? 2 : 4;
}

/// AL CL DL BL AH CH DH BH, or a wider register.
u32 register_value(const TrapFrame& frame, unsigned n, u32 bytes) {
    TrapFrame copy = frame;
    return bytes == 1 && n >= 4 ? copy.general(n - 4) >> 8 : copy.general(n);
}
void set_register(TrapFrame& frame, unsigned n, u32 value, u32 bytes) {
    const bool high = bytes == 1 && n >= 4;
    u32& to = frame.general(high ? n - 4 : n);
    const u32 mask = bytes == 4 ? ~0u : ((1u << 8 * bytes) - 1) << (high ? 8 : 0);
    to = (to & ~mask) | ((high ? value << 8 : value) & mask);
}

// ---- arithmetic: the CPU's own, and so are its flags

#define WITH_FLAGS(text) "push %[f]\n\tpopf\n\t" text "\n\tpushf\n\tpop %[f]"
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

constexpr unsigned test = 8;  // behind the eight of the encodings
/// a = a <operation n> b, in the order of encodings. SDM 2D "Opcode Map", group 1.
template <class T>
T two(unsigned n, T a, T b, Natural& flags) {
    switch (n) {
        TWO(0, "add")
        TWO(1, "or")
        TWO(2, "adc")
        TWO(3, "sbb") TWO(4, "and") TWO(5, "sub") TWO(6, "xor") TWO(7, "cmp") TWO(test, "test")
    }
    return a;
}
/// The same for INC and DEC (groups 4 and 5), NOT and NEG (group 3).
template <class T>
T one(unsigned n, T a, Natural& flags) {
    switch (n) { ONE(0, "inc") ONE(1, "dec") ONE(2, "not") ONE(3, "neg") }
    return a;
}

/// Which of them a form of two operands is.
unsigned operation(const Insn& insn, Form f) {
    if (f == Form::Test) return test;
    const bool immediate = insn.opcode >= 0x80 && insn.opcode <= 0x83;
    return immediate ? insn.reg() : insn.opcode >> 3;
}

u32 arithmetic(const Insn& insn, Form f, u32 bytes, u32 a, u32 b, TrapFrame& frame) {
    Natural flags = Natural((frame.eflags & isa::flags::status) | isa::flags::fixed);
    const auto apply = [&]<class T>(T) -> u32 {
        if (f == Form::One) return one<T>(insn.reg(), T(a), flags);
        return two<T>(operation(insn, f), T(a), T(b), flags);
    };
    const u32 result = bytes == 1 ? apply(u8{}) : bytes == 2 ? apply(u16{}) : apply(u32{});
    frame.eflags = u32((frame.eflags & ~isa::flags::status) | (flags & isa::flags::status));
    return result;
}

// ---- the forms

constexpr unsigned es = 0, ss = 2;

MemoryOperand operand_in_memory(const TrapFrame& frame, const Insn& insn, Form f) {
    const bool offset = f == Form::MovOffset || f == Form::LoadOffset;
    return offset ? MemoryOperand{source_segment(insn), insn.displacement()}
                  : memory_operand(frame, insn);
}

/// An instruction and what it works on.
struct Work {
    const OperandMemory& memory;
    TrapFrame& frame;
    const Insn& insn;
    Form form;
    u32 bytes;

    Fault read(MemoryOperand at, u32& value) const {
        return memory.read(memory.guest, frame, at, &value, bytes);
    }
    Fault write(MemoryOperand at, u32 value) const {
        return memory.write(memory.guest, frame, at, &value, bytes);
    }
    MemoryOperand operand() const { return operand_in_memory(frame, insn, form); }
    /// The operand beside the one in memory.
    u32 other() const {
        return insn.immediate_size ? insn.immediate() : register_value(frame, insn.reg(), bytes);
    }
};

Fault move_to_memory(const Work& w) {
    return w.write(w.operand(), w.form == Form::MovOffset ? w.frame.eax : w.other());
}

Fault move_from_memory(const Work& w) {
    u32 value = 0;
    if (const Fault f = w.read(w.operand(), value)) return f;
    set_register(w.frame, w.form == Form::LoadOffset ? 0 : w.insn.reg(), value, w.bytes);
    return {};
}

Fault load_extended(const Work& w) {
    u32 value = 0;
    if (const Fault f = w.read(w.operand(), value)) return f;
    const bool sign = w.insn.opcode & 8;
    if (sign) value = w.bytes == 1 ? u32(i8(value)) : u32(i16(value));
    set_register(w.frame, w.insn.reg(), value, w.insn.operand16 ? 2 : 4);
    return {};
}

Fault modify_memory(const Work& w) {
    const MemoryOperand at = w.operand();
    u32 value = 0;
    if (const Fault f = w.read(at, value)) return f;
    TrapFrame after = w.frame;
    value = arithmetic(w.insn, w.form, w.bytes, value, w.other(), after);
    if (const Fault f = w.write(at, value)) return f;
    w.frame.eflags = after.eflags;
    return {};
}

/// ADD r, m; CMP; TEST: the result goes to a register or nowhere.
Fault compute_from_memory(const Work& w) {
    u32 value = 0;
    if (const Fault f = w.read(w.operand(), value)) return f;
    const bool memory_first = w.form == Form::CompareWith || w.form == Form::Test;
    const u32 a = memory_first ? value : w.other(), b = memory_first ? w.other() : value;
    const u32 result = arithmetic(w.insn, w.form, w.bytes, a, b, w.frame);
    if (w.form == Form::FromMemory) set_register(w.frame, w.insn.reg(), result, w.bytes);
    return {};
}

Fault push_value(const Work& w) {
    u32 value =
        w.form == Form::PushRegister ? w.frame.general(w.insn.opcode & 7) : w.insn.immediate();
    if (w.form == Form::PushMemory)
        if (const Fault f = w.read(w.operand(), value)) return f;
    if (const Fault f = w.write({ss, w.frame.esp - w.bytes}, value)) return f;
    w.frame.esp -= w.bytes;
    return {};
}

/// One round of STOS or MOVS.
Fault string_round(const Work& w) {
    TrapFrame& frame = w.frame;
    const u32 step = frame.eflags & DF ? 0 - w.bytes : w.bytes;
    u32 value = frame.eax;
    if (w.form == Form::Movs)
        if (const Fault f = w.read({source_segment(w.insn), frame.esi}, value)) return f;
    if (const Fault f = w.write({es, frame.edi}, value)) return f;
    frame.edi += step;
    if (w.form == Form::Movs) frame.esi += step;
    return {};
}

EmulationResult string(const Work& w) {
    if (!w.insn.rep) return finish(w.frame, w.insn, string_round(w));
    constexpr unsigned most_rounds = 64;  // so that an interrupt need not wait for long
    for (unsigned round = 0; w.frame.ecx && round < most_rounds; ++round, --w.frame.ecx)
        if (const Fault f = string_round(w)) return finish(w.frame, w.insn, f);
    return w.frame.ecx ? EmulationResult{Emulation::Done} : finish(w.frame, w.insn, {});
}

}  // namespace

bool is_emulated_access(const Insn& insn) { return form(insn) != Form::Other; }

bool operand_of_access(const TrapFrame& frame, const Insn& insn, MemoryOperand& operand) {
    const Form f = form(insn);
    const bool offset = f == Form::MovOffset || f == Form::LoadOffset;
    if (f == Form::Other || (!offset && !insn.memory_operand())) return false;
    operand = operand_in_memory(frame, insn, f);
    return true;
}

EmulationResult emulate_access(const OperandMemory& memory, TrapFrame& frame, const Insn& insn) {
    const Form f = form(insn);
    const Work w{memory, frame, insn, f, width(insn, f)};
    const auto done = [&](Fault fault) { return finish(frame, insn, fault); };
    switch (f) {
        case Form::Other: break;
        case Form::MovRegister:
        case Form::MovImmediate:
        case Form::MovOffset: return done(move_to_memory(w));
        case Form::LoadRegister:
        case Form::LoadOffset: return done(move_from_memory(w));
        case Form::LoadExtended: return done(load_extended(w));
        case Form::TwoRegister:
        case Form::TwoImmediate:
        case Form::One: return done(modify_memory(w));
        case Form::FromMemory:
        case Form::CompareFrom:
        case Form::CompareWith:
        case Form::Test: return done(compute_from_memory(w));
        case Form::PushRegister:
        case Form::PushImmediate:
        case Form::PushMemory: return done(push_value(w));
        case Form::Stos:
        case Form::Movs: return string(w);
    }
    return {Emulation::NotHandled};
}

}  // namespace ringside::vmm
