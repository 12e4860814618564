// One row for each instruction: who may run it, when it leaves a VMX guest, its Popek-Goldberg
// class, its timing class. Names are the manual's; forms that the manual describes on a page of
// their own (MOV to CR0, far CALL …) are rows of their own. Freestanding.
#pragma once
#include "sim/base/types.hpp"
#include "sim/isa/vmx.hpp"

namespace ringside::isa {

enum class Op : u16 {
    Unknown,
    // data movement
    MOV,
    MOVZX,
    MOVSX,
    MOVSXD,
    XCHG,
    BSWAP,
    LEA,
    XLAT,
    PUSH,
    POP,
    PUSHA,
    POPA,
    CMOVcc,
    SETcc,
    MOVBE,
    // arithmetic
    ADD,
    ADC,
    SUB,
    SBB,
    CMP,
    INC,
    DEC,
    NEG,
    MUL,
    IMUL,
    DIV,
    IDIV,
    CBW,
    CWDE,
    CWD,
    CDQ,
    CDQE,
    CQO,
    XADD,
    CMPXCHG,
    CMPXCHG8B,
    CMPXCHG16B,
    // logic, shifts, bits
    AND,
    OR,
    XOR,
    NOT,
    TEST,
    SHL,
    SHR,
    SAR,
    ROL,
    ROR,
    RCL,
    RCR,
    SHLD,
    SHRD,
    BT,
    BTS,
    BTR,
    BTC,
    BSF,
    BSR,
    POPCNT,
    LZCNT,
    TZCNT,
    CRC32,
    // BMI1, BMI2, ADX
    ANDN,
    BEXTR,
    BLSI,
    BLSMSK,
    BLSR,
    BZHI,
    MULX,
    PDEP,
    PEXT,
    RORX,
    SARX,
    SHLX,
    SHRX,
    ADCX,
    ADOX,
    // decimal
    AAA,
    AAS,
    AAM,
    AAD,
    DAA,
    DAS,
    // control flow
    JMP,
    Jcc,
    JCXZ,
    LOOP,
    LOOPE,
    LOOPNE,
    CALL,
    RET,
    ENTER,
    LEAVE,
    BOUND,
    NOP,
    PAUSE,
    UD0,
    UD1,
    UD2,
    FENCE,
    PREFETCH,
    CLFLUSH,
    // strings
    MOVS,
    STOS,
    LODS,
    SCAS,
    CMPS,
    // flags
    CLC,
    STC,
    CMC,
    CLD,
    STD,
    LAHF,
    SAHF,
    SALC,
    // far control flow and interrupts
    CALL_FAR,
    JMP_FAR,
    RET_FAR,
    INT,
    INT3,
    INTO,
    INT1,
    IRET,
    // segments
    MOV_FROM_SREG,
    MOV_TO_SREG,
    PUSH_SREG,
    POP_SREG,
    LFAR,
    LAR,
    LSL,
    VERR,
    VERW,
    ARPL,
    // flags that matter to the system
    CLI,
    STI,
    PUSHF,
    POPF,
    // input and output
    IN,
    OUT,
    INS,
    OUTS,
    // system registers
    LGDT,
    SGDT,
    LIDT,
    SIDT,
    LLDT,
    SLDT,
    LTR,
    STR,
    LMSW,
    SMSW,
    CLTS,
    MOV_FROM_CR,
    MOV_TO_CR,
    MOV_FROM_DR,
    MOV_TO_DR,
    INVLPG,
    INVD,
    WBINVD,
    HLT,
    MONITOR,
    MWAIT,
    RDMSR,
    WRMSR,
    RDTSC,
    RDTSCP,
    RDPID,
    CPUID,
    RDPMC,
    XGETBV,
    XSETBV,
    SYSENTER,
    SYSEXIT,
    SYSCALL,
    SYSRET,
    SWAPGS,
    RDFSBASE,
    RDGSBASE,
    WRFSBASE,
    WRGSBASE,
    CLAC,
    STAC,
    INVPCID,
    RDRAND,
    RDSEED,
    // parts that are not here: #UD, as the manual has it without them
    RSM,
    GETSEC,
    // coprocessor state: one row for each kind, none is modelled
    FWAIT,
    X87,
    MMX,
    SSE,
    // VMX
    VMXON,
    VMXOFF,
    VMCLEAR,
    VMPTRLD,
    VMPTRST,
    VMREAD,
    VMWRITE,
    VMLAUNCH,
    VMRESUME,
    VMCALL,
    INVEPT,
    INVVPID,
    VMFUNC,
    count,
};

/// Popek and Goldberg's classes, as data/sensitive-instructions uses them.
enum class Sensitivity : u8 {
    Innocuous,
    Behaviour,         ///< its result depends on privilege or location
    Control,           ///< it changes resources, mode or tables
    ControlBehaviour,  ///< both
    Privileged,        ///< sensitive, and traps at every CPL > 0
    Conditional,       ///< sensitive, and traps only where IOPL or a control bit says so
};

/// What a sensitive instruction produced, for comparing a run with the native one.
enum class Effect : u8 {
    None,
    SystemFlags,  ///< TF, IF, IOPL, NT before and after
    StackTop,     ///< the value it pushed
    Destination,  ///< the value it wrote to its first operand, and ZF
    Table,        ///< the 6 bytes it stored
    CodeSegment,  ///< CS before and after
};

/// Cost classes of the simple timing model.
enum class Timing : u8 {
    Simple,
    Load,
    Branch,
    Multiply,
    Divide,
    Microcoded,
    Serializing,
    String,
    Io
};

/// When an instruction leaves VMX non-root operation. SDM 3C "Instructions That Cause VM Exits".
struct ExitRule {
    enum Kind : u8 { Never, Always, WhenPrimary, WhenSecondary, ByOperand } kind = Never;
    u8 bit = 0;  ///< bit number in the execution control
    ExitReason reason = ExitReason::EXCEPTION_OR_NMI;
};

struct InstructionRow {
    Op op;
    const char* name;
    u8 cpl = 3;  ///< the highest CPL that may run it; else #GP(0)
    Sensitivity sensitivity = Sensitivity::Innocuous;
    Effect effect = Effect::None;
    Timing timing = Timing::Simple;
    ExitRule exit{};

    constexpr bool sensitive() const { return sensitivity != Sensitivity::Innocuous; }
    /// Runs at CPL > 0 without a trap although it is sensitive: the hole in x86.
    constexpr bool unprivileged_sensitive() const {
        return sensitivity == Sensitivity::Behaviour || sensitivity == Sensitivity::Control ||
               sensitivity == Sensitivity::ControlBehaviour;
    }
    /// Needs a look at privilege or VMX controls before its body runs; where a trace is kept, at
    /// what it does.
    constexpr bool guarded(bool traced) const {
        return cpl < 3 || exit.kind != ExitRule::Never || (traced && sensitive());
    }
};

namespace rows_detail {
constexpr ExitRule always(ExitReason r) { return {ExitRule::Always, 0, r}; }
constexpr ExitRule when(ProcBased c, ExitReason r) { return {ExitRule::WhenPrimary, u8(c), r}; }
constexpr ExitRule when(ProcBased2 c, ExitReason r) { return {ExitRule::WhenSecondary, u8(c), r}; }
/// The body decides, by operand, mask or bitmap.
constexpr ExitRule by_operand(ExitReason r) { return {ExitRule::ByOperand, 0, r}; }
}  // namespace rows_detail

const InstructionRow& row(Op op);

namespace rows_detail {
using enum Op;
using enum Sensitivity;
using enum Effect;
using R = ExitReason;
using T = Timing;

// clang-format off
//   op  name  CPL  sensitivity  effect  timing  leaves a VMX guest
inline constexpr InstructionRow table[] = {
    {Unknown, "(unknown)"},
    {MOV, "mov"}, {MOVZX, "movzx"}, {MOVSX, "movsx"}, {MOVSXD, "movsxd"}, {XCHG, "xchg"}, {BSWAP, "bswap"}, {LEA, "lea"}, {XLAT, "xlat"},
    {PUSH, "push"}, {POP, "pop"}, {PUSHA, "pusha", 3, Innocuous, None, T::Microcoded},
    {POPA, "popa", 3, Innocuous, None, T::Microcoded}, {CMOVcc, "cmovcc"}, {SETcc, "setcc"}, {MOVBE, "movbe"},
    {ADD, "add"}, {ADC, "adc"}, {SUB, "sub"}, {SBB, "sbb"}, {CMP, "cmp"}, {INC, "inc"}, {DEC, "dec"}, {NEG, "neg"},
    {MUL, "mul", 3, Innocuous, None, T::Multiply}, {IMUL, "imul", 3, Innocuous, None, T::Multiply},
    {DIV, "div", 3, Innocuous, None, T::Divide}, {IDIV, "idiv", 3, Innocuous, None, T::Divide},
    {CBW, "cbw"}, {CWDE, "cwde"}, {CWD, "cwd"}, {CDQ, "cdq"}, {CDQE, "cdqe"}, {CQO, "cqo"}, {XADD, "xadd"}, {CMPXCHG, "cmpxchg"},
    {CMPXCHG8B, "cmpxchg8b"}, {CMPXCHG16B, "cmpxchg16b"},
    {AND, "and"}, {OR, "or"}, {XOR, "xor"}, {NOT, "not"}, {TEST, "test"}, {SHL, "shl"}, {SHR, "shr"}, {SAR, "sar"},
    {ROL, "rol"}, {ROR, "ror"}, {RCL, "rcl"}, {RCR, "rcr"}, {SHLD, "shld"}, {SHRD, "shrd"}, {BT, "bt"}, {BTS, "bts"},
    {BTR, "btr"}, {BTC, "btc"}, {BSF, "bsf"}, {BSR, "bsr"}, {POPCNT, "popcnt"},
    {LZCNT, "lzcnt"}, {TZCNT, "tzcnt"}, {CRC32, "crc32", 3, Innocuous, None, T::Multiply},
    {ANDN, "andn"}, {BEXTR, "bextr"}, {BLSI, "blsi"}, {BLSMSK, "blsmsk"}, {BLSR, "blsr"}, {BZHI, "bzhi"},
    {MULX, "mulx", 3, Innocuous, None, T::Multiply}, {PDEP, "pdep", 3, Innocuous, None, T::Multiply},
    {PEXT, "pext", 3, Innocuous, None, T::Multiply}, {RORX, "rorx"}, {SARX, "sarx"}, {SHLX, "shlx"}, {SHRX, "shrx"},
    {ADCX, "adcx"}, {ADOX, "adox"},
    {AAA, "aaa"}, {AAS, "aas"}, {AAM, "aam", 3, Innocuous, None, T::Divide}, {AAD, "aad"}, {DAA, "daa"}, {DAS, "das"},
    {JMP, "jmp", 3, Innocuous, None, T::Branch}, {Jcc, "jcc", 3, Innocuous, None, T::Branch},
    {JCXZ, "jcxz", 3, Innocuous, None, T::Branch}, {LOOP, "loop", 3, Innocuous, None, T::Branch},
    {LOOPE, "loope", 3, Innocuous, None, T::Branch}, {LOOPNE, "loopne", 3, Innocuous, None, T::Branch},
    {CALL, "call", 3, Innocuous, None, T::Branch}, {RET, "ret", 3, Innocuous, None, T::Branch},
    {ENTER, "enter", 3, Innocuous, None, T::Microcoded}, {LEAVE, "leave"},
    {BOUND, "bound", 3, Innocuous, None, T::Microcoded}, {NOP, "nop"},
    {PAUSE, "pause", 3, Innocuous, None, T::Simple, when(ProcBased::PAUSE_exiting, R::PAUSE)},
    {UD0, "ud0"}, {UD1, "ud1"}, {UD2, "ud2"},
    {FENCE, "fence"}, {PREFETCH, "prefetch"}, {CLFLUSH, "clflush", 3, Innocuous, None, T::Load},
    {MOVS, "movs", 3, Innocuous, None, T::String}, {STOS, "stos", 3, Innocuous, None, T::String},
    {LODS, "lods", 3, Innocuous, None, T::String}, {SCAS, "scas", 3, Innocuous, None, T::String},
    {CMPS, "cmps", 3, Innocuous, None, T::String},
    {CLC, "clc"}, {STC, "stc"}, {CMC, "cmc"}, {CLD, "cld"}, {STD, "std"}, {LAHF, "lahf"}, {SAHF, "sahf"}, {SALC, "salc"},
    {CALL_FAR, "call far", 3, ControlBehaviour, CodeSegment, T::Microcoded},
    {JMP_FAR, "jmp far", 3, ControlBehaviour, CodeSegment, T::Microcoded},
    {RET_FAR, "retf", 3, ControlBehaviour, CodeSegment, T::Microcoded},
    {INT, "int", 3, Innocuous, None, T::Microcoded}, {INT3, "int3", 3, Innocuous, None, T::Microcoded},
    {INTO, "into", 3, Innocuous, None, T::Microcoded}, {INT1, "int1", 3, Innocuous, None, T::Microcoded},
    {IRET, "iret", 3, ControlBehaviour, SystemFlags, T::Serializing},
    {MOV_FROM_SREG, "mov r, sreg", 3, Behaviour, Destination}, {MOV_TO_SREG, "mov sreg, r", 3, Innocuous, None, T::Microcoded},
    {PUSH_SREG, "push sreg", 3, Behaviour, StackTop}, {POP_SREG, "pop sreg", 3, Innocuous, None, T::Microcoded},
    {LFAR, "lds/les/lss/lfs/lgs", 3, Innocuous, None, T::Microcoded},
    {LAR, "lar", 3, Behaviour, Destination, T::Microcoded}, {LSL, "lsl", 3, Behaviour, Destination, T::Microcoded},
    {VERR, "verr", 3, Behaviour, Destination, T::Microcoded}, {VERW, "verw", 3, Behaviour, Destination, T::Microcoded},
    {ARPL, "arpl"},
    {CLI, "cli", 3, Conditional, SystemFlags, T::Microcoded}, {STI, "sti", 3, Conditional, SystemFlags, T::Microcoded},
    {PUSHF, "pushf", 3, Behaviour, StackTop, T::Microcoded},
    {POPF, "popf", 3, ControlBehaviour, SystemFlags, T::Microcoded},
    {IN, "in", 3, Conditional, Effect::None, T::Io, by_operand(R::IO_INSTRUCTION)},
    {OUT, "out", 3, Conditional, Effect::None, T::Io, by_operand(R::IO_INSTRUCTION)},
    {INS, "ins", 3, Conditional, Effect::None, T::Io, by_operand(R::IO_INSTRUCTION)},
    {OUTS, "outs", 3, Conditional, Effect::None, T::Io, by_operand(R::IO_INSTRUCTION)},
    {LGDT, "lgdt", 0, Privileged, None, T::Serializing, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_GDTR_OR_IDTR)},
    {SGDT, "sgdt", 3, Behaviour, Table, T::Microcoded, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_GDTR_OR_IDTR)},
    {LIDT, "lidt", 0, Privileged, None, T::Serializing, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_GDTR_OR_IDTR)},
    {SIDT, "sidt", 3, Behaviour, Table, T::Microcoded, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_GDTR_OR_IDTR)},
    {LLDT, "lldt", 0, Privileged, None, T::Serializing, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_LDTR_OR_TR)},
    {SLDT, "sldt", 3, Behaviour, Destination, T::Microcoded, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_LDTR_OR_TR)},
    {LTR, "ltr", 0, Privileged, None, T::Serializing, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_LDTR_OR_TR)},
    {STR, "str", 3, Behaviour, Destination, T::Microcoded, when(ProcBased2::descriptor_table_exiting, R::ACCESS_TO_LDTR_OR_TR)},
    {LMSW, "lmsw", 0, Privileged, None, T::Serializing, by_operand(R::CONTROL_REGISTER_ACCESS)},
    {SMSW, "smsw", 3, Behaviour, Destination, T::Microcoded},
    {CLTS, "clts", 0, Privileged, None, T::Microcoded, by_operand(R::CONTROL_REGISTER_ACCESS)},
    {MOV_FROM_CR, "mov r, cr", 0, Privileged, None, T::Microcoded, by_operand(R::CONTROL_REGISTER_ACCESS)},
    {MOV_TO_CR, "mov cr, r", 0, Privileged, None, T::Serializing, by_operand(R::CONTROL_REGISTER_ACCESS)},
    {MOV_FROM_DR, "mov r, dr", 0, Privileged, None, T::Microcoded, when(ProcBased::MOV_DR_exiting, R::MOV_DR)},
    {MOV_TO_DR, "mov dr, r", 0, Privileged, None, T::Serializing, when(ProcBased::MOV_DR_exiting, R::MOV_DR)},
    {INVLPG, "invlpg", 0, Privileged, None, T::Serializing, when(ProcBased::INVLPG_exiting, R::INVLPG)},
    {INVD, "invd", 0, Privileged, None, T::Serializing, always(R::INVD)},
    {WBINVD, "wbinvd", 0, Privileged, None, T::Serializing, when(ProcBased2::WBINVD_exiting, R::WBINVD)},
    {HLT, "hlt", 0, Privileged, None, T::Serializing, when(ProcBased::HLT_exiting, R::HLT)},
    // #UD at CPL > 0, which the bodies look at.
    {MONITOR, "monitor", 3, Privileged, None, T::Microcoded, when(ProcBased::MONITOR_exiting, R::MONITOR)},
    {MWAIT, "mwait", 3, Privileged, None, T::Serializing, when(ProcBased::MWAIT_exiting, R::MWAIT)},
    {RDMSR, "rdmsr", 0, Privileged, None, T::Microcoded, by_operand(R::RDMSR)},
    {WRMSR, "wrmsr", 0, Privileged, None, T::Serializing, by_operand(R::WRMSR)},
    {RDTSC, "rdtsc", 3, Conditional, None, T::Microcoded, when(ProcBased::RDTSC_exiting, R::RDTSC)},
    {RDTSCP, "rdtscp", 3, Conditional, None, T::Microcoded, by_operand(R::RDTSCP)},
    {RDPID, "rdpid", 3, Innocuous, None, T::Microcoded},
    {CPUID, "cpuid", 3, Behaviour, None, T::Serializing, always(R::CPUID)},
    {RDPMC, "rdpmc", 3, Conditional, None, T::Microcoded, when(ProcBased::RDPMC_exiting, R::RDPMC)},
    {XGETBV, "xgetbv", 3, Behaviour, None, T::Microcoded},
    {XSETBV, "xsetbv", 0, Privileged, None, T::Serializing, by_operand(R::XSETBV)},
    // SYSEXIT, SYSRET, SWAPGS, CLAC and STAC look at the CPL themselves: #UD has other causes, and comes first.
    {SYSENTER, "sysenter", 3, Control, None, T::Serializing}, {SYSEXIT, "sysexit", 3, Privileged, None, T::Serializing},
    {SYSCALL, "syscall", 3, Control, None, T::Serializing}, {SYSRET, "sysret", 3, Privileged, None, T::Serializing},
    {SWAPGS, "swapgs", 3, Privileged, None, T::Microcoded},
    {RDFSBASE, "rdfsbase", 3, Behaviour, Destination, T::Microcoded}, {RDGSBASE, "rdgsbase", 3, Behaviour, Destination, T::Microcoded},
    {WRFSBASE, "wrfsbase", 3, Control, None, T::Microcoded}, {WRGSBASE, "wrgsbase", 3, Control, None, T::Microcoded},
    {CLAC, "clac", 3, Privileged, None, T::Microcoded}, {STAC, "stac", 3, Privileged, None, T::Microcoded},
    {INVPCID, "invpcid", 0, Privileged, None, T::Serializing, by_operand(R::INVPCID)},
    {RDRAND, "rdrand", 3, Innocuous, None, T::Microcoded, when(ProcBased2::RDRAND_exiting, R::RDRAND)},
    {RDSEED, "rdseed", 3, Innocuous, None, T::Microcoded, when(ProcBased2::RDSEED_exiting, R::RDSEED)},
    // #UD at every CPL: no SMM to return from, no CR4.SMXE to set.
    {RSM, "rsm", 3, Privileged, None, T::Microcoded}, {GETSEC, "getsec", 3, Privileged, None, T::Microcoded},
    {FWAIT, "fwait"}, {X87, "an x87 instruction"}, {MMX, "an MMX instruction"}, {SSE, "an SSE instruction"},
    {VMXON, "vmxon", 3, Privileged, None, T::Serializing, always(R::VMXON)},
    {VMXOFF, "vmxoff", 3, Privileged, None, T::Serializing, always(R::VMXOFF)},
    {VMCLEAR, "vmclear", 3, Privileged, None, T::Serializing, always(R::VMCLEAR)},
    {VMPTRLD, "vmptrld", 3, Privileged, None, T::Serializing, always(R::VMPTRLD)},
    {VMPTRST, "vmptrst", 3, Privileged, None, T::Serializing, always(R::VMPTRST)},
    {VMREAD, "vmread", 3, Privileged, None, T::Microcoded, always(R::VMREAD)},
    {VMWRITE, "vmwrite", 3, Privileged, None, T::Microcoded, always(R::VMWRITE)},
    {VMLAUNCH, "vmlaunch", 3, Privileged, None, T::Serializing, always(R::VMLAUNCH)},
    {VMRESUME, "vmresume", 3, Privileged, None, T::Serializing, always(R::VMRESUME)},
    {VMCALL, "vmcall", 3, Control, None, T::Microcoded, always(R::VMCALL)},
    {INVEPT, "invept", 3, Privileged, None, T::Serializing, always(R::INVEPT)},
    {INVVPID, "invvpid", 3, Privileged, None, T::Serializing, always(R::INVVPID)},
    {VMFUNC, "vmfunc", 3, Control, None, T::Microcoded},
};
// clang-format on

constexpr bool in_order() {
    if (sizeof(table) / sizeof(table[0]) != size_t(Op::count)) return false;
    for (size_t i = 0; i < size_t(Op::count); ++i)
        if (table[i].op != Op(i)) return false;
    return true;
}
static_assert(in_order(), "the rows stand in the order of enum Op, one for each");
}  // namespace rows_detail

inline const InstructionRow& row(Op op) { return rows_detail::table[size_t(op)]; }

}  // namespace ringside::isa
