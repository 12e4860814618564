#include "sim/decode/mnemonics.hpp"

namespace ringside::decode {
namespace {

using isa::Op;

/// Conditions in the order of their encoding. SDM 2 "Condition Test Field (tttn)".
Named conditional(ZydisMnemonic m) {
    switch (m) {
        case ZYDIS_MNEMONIC_JO: return {Op::Jcc, 0, 0};
        case ZYDIS_MNEMONIC_JNO: return {Op::Jcc, 1, 0};
        case ZYDIS_MNEMONIC_JB: return {Op::Jcc, 2, 0};
        case ZYDIS_MNEMONIC_JNB: return {Op::Jcc, 3, 0};
        case ZYDIS_MNEMONIC_JZ: return {Op::Jcc, 4, 0};
        case ZYDIS_MNEMONIC_JNZ: return {Op::Jcc, 5, 0};
        case ZYDIS_MNEMONIC_JBE: return {Op::Jcc, 6, 0};
        case ZYDIS_MNEMONIC_JNBE: return {Op::Jcc, 7, 0};
        case ZYDIS_MNEMONIC_JS: return {Op::Jcc, 8, 0};
        case ZYDIS_MNEMONIC_JNS: return {Op::Jcc, 9, 0};
        case ZYDIS_MNEMONIC_JP: return {Op::Jcc, 10, 0};
        case ZYDIS_MNEMONIC_JNP: return {Op::Jcc, 11, 0};
        case ZYDIS_MNEMONIC_JL: return {Op::Jcc, 12, 0};
        case ZYDIS_MNEMONIC_JNL: return {Op::Jcc, 13, 0};
        case ZYDIS_MNEMONIC_JLE: return {Op::Jcc, 14, 0};
        case ZYDIS_MNEMONIC_JNLE: return {Op::Jcc, 15, 0};
        case ZYDIS_MNEMONIC_SETO: return {Op::SETcc, 0, 0};
        case ZYDIS_MNEMONIC_SETNO: return {Op::SETcc, 1, 0};
        case ZYDIS_MNEMONIC_SETB: return {Op::SETcc, 2, 0};
        case ZYDIS_MNEMONIC_SETNB: return {Op::SETcc, 3, 0};
        case ZYDIS_MNEMONIC_SETZ: return {Op::SETcc, 4, 0};
        case ZYDIS_MNEMONIC_SETNZ: return {Op::SETcc, 5, 0};
        case ZYDIS_MNEMONIC_SETBE: return {Op::SETcc, 6, 0};
        case ZYDIS_MNEMONIC_SETNBE: return {Op::SETcc, 7, 0};
        case ZYDIS_MNEMONIC_SETS: return {Op::SETcc, 8, 0};
        case ZYDIS_MNEMONIC_SETNS: return {Op::SETcc, 9, 0};
        case ZYDIS_MNEMONIC_SETP: return {Op::SETcc, 10, 0};
        case ZYDIS_MNEMONIC_SETNP: return {Op::SETcc, 11, 0};
        case ZYDIS_MNEMONIC_SETL: return {Op::SETcc, 12, 0};
        case ZYDIS_MNEMONIC_SETNL: return {Op::SETcc, 13, 0};
        case ZYDIS_MNEMONIC_SETLE: return {Op::SETcc, 14, 0};
        case ZYDIS_MNEMONIC_SETNLE: return {Op::SETcc, 15, 0};
        case ZYDIS_MNEMONIC_CMOVO: return {Op::CMOVcc, 0, 0};
        case ZYDIS_MNEMONIC_CMOVNO: return {Op::CMOVcc, 1, 0};
        case ZYDIS_MNEMONIC_CMOVB: return {Op::CMOVcc, 2, 0};
        case ZYDIS_MNEMONIC_CMOVNB: return {Op::CMOVcc, 3, 0};
        case ZYDIS_MNEMONIC_CMOVZ: return {Op::CMOVcc, 4, 0};
        case ZYDIS_MNEMONIC_CMOVNZ: return {Op::CMOVcc, 5, 0};
        case ZYDIS_MNEMONIC_CMOVBE: return {Op::CMOVcc, 6, 0};
        case ZYDIS_MNEMONIC_CMOVNBE: return {Op::CMOVcc, 7, 0};
        case ZYDIS_MNEMONIC_CMOVS: return {Op::CMOVcc, 8, 0};
        case ZYDIS_MNEMONIC_CMOVNS: return {Op::CMOVcc, 9, 0};
        case ZYDIS_MNEMONIC_CMOVP: return {Op::CMOVcc, 10, 0};
        case ZYDIS_MNEMONIC_CMOVNP: return {Op::CMOVcc, 11, 0};
        case ZYDIS_MNEMONIC_CMOVL: return {Op::CMOVcc, 12, 0};
        case ZYDIS_MNEMONIC_CMOVNL: return {Op::CMOVcc, 13, 0};
        case ZYDIS_MNEMONIC_CMOVLE: return {Op::CMOVcc, 14, 0};
        case ZYDIS_MNEMONIC_CMOVNLE: return {Op::CMOVcc, 15, 0};
        default: return {};
    }
}

Named string_operation(ZydisMnemonic m) {
    switch (m) {
        case ZYDIS_MNEMONIC_MOVSB: return {Op::MOVS, 0, 1};
        case ZYDIS_MNEMONIC_MOVSW: return {Op::MOVS, 0, 2};
        case ZYDIS_MNEMONIC_MOVSD: return {Op::MOVS, 0, 4};
        case ZYDIS_MNEMONIC_MOVSQ: return {Op::MOVS, 0, 8};
        case ZYDIS_MNEMONIC_STOSB: return {Op::STOS, 0, 1};
        case ZYDIS_MNEMONIC_STOSW: return {Op::STOS, 0, 2};
        case ZYDIS_MNEMONIC_STOSD: return {Op::STOS, 0, 4};
        case ZYDIS_MNEMONIC_STOSQ: return {Op::STOS, 0, 8};
        case ZYDIS_MNEMONIC_LODSB: return {Op::LODS, 0, 1};
        case ZYDIS_MNEMONIC_LODSW: return {Op::LODS, 0, 2};
        case ZYDIS_MNEMONIC_LODSD: return {Op::LODS, 0, 4};
        case ZYDIS_MNEMONIC_LODSQ: return {Op::LODS, 0, 8};
        case ZYDIS_MNEMONIC_SCASB: return {Op::SCAS, 0, 1};
        case ZYDIS_MNEMONIC_SCASW: return {Op::SCAS, 0, 2};
        case ZYDIS_MNEMONIC_SCASD: return {Op::SCAS, 0, 4};
        case ZYDIS_MNEMONIC_SCASQ: return {Op::SCAS, 0, 8};
        case ZYDIS_MNEMONIC_CMPSB: return {Op::CMPS, 0, 1};
        case ZYDIS_MNEMONIC_CMPSW: return {Op::CMPS, 0, 2};
        case ZYDIS_MNEMONIC_CMPSD: return {Op::CMPS, 0, 4};
        case ZYDIS_MNEMONIC_CMPSQ: return {Op::CMPS, 0, 8};
        case ZYDIS_MNEMONIC_INSB: return {Op::INS, 0, 1};
        case ZYDIS_MNEMONIC_INSW: return {Op::INS, 0, 2};
        case ZYDIS_MNEMONIC_INSD: return {Op::INS, 0, 4};
        case ZYDIS_MNEMONIC_OUTSB: return {Op::OUTS, 0, 1};
        case ZYDIS_MNEMONIC_OUTSW: return {Op::OUTS, 0, 2};
        case ZYDIS_MNEMONIC_OUTSD: return {Op::OUTS, 0, 4};
        default: return {};
    }
}

}  // namespace

Named named(ZydisMnemonic m, bool string) {
    if (string) return string_operation(m);
    switch (m) {
        case ZYDIS_MNEMONIC_XCHG: return {Op::XCHG, 0, 0};
        case ZYDIS_MNEMONIC_BSWAP: return {Op::BSWAP, 0, 0};
        case ZYDIS_MNEMONIC_LEA: return {Op::LEA, 0, 0};
        case ZYDIS_MNEMONIC_XLAT: return {Op::XLAT, 0, 0};
        case ZYDIS_MNEMONIC_PUSH: return {Op::PUSH, 0, 0};
        case ZYDIS_MNEMONIC_POP: return {Op::POP, 0, 0};
        case ZYDIS_MNEMONIC_MOVBE: return {Op::MOVBE, 0, 0};
        case ZYDIS_MNEMONIC_ADD: return {Op::ADD, 0, 0};
        case ZYDIS_MNEMONIC_ADC: return {Op::ADC, 0, 0};
        case ZYDIS_MNEMONIC_SUB: return {Op::SUB, 0, 0};
        case ZYDIS_MNEMONIC_SBB: return {Op::SBB, 0, 0};
        case ZYDIS_MNEMONIC_CMP: return {Op::CMP, 0, 0};
        case ZYDIS_MNEMONIC_INC: return {Op::INC, 0, 0};
        case ZYDIS_MNEMONIC_DEC: return {Op::DEC, 0, 0};
        case ZYDIS_MNEMONIC_NEG: return {Op::NEG, 0, 0};
        case ZYDIS_MNEMONIC_MUL: return {Op::MUL, 0, 0};
        case ZYDIS_MNEMONIC_IMUL: return {Op::IMUL, 0, 0};
        case ZYDIS_MNEMONIC_DIV: return {Op::DIV, 0, 0};
        case ZYDIS_MNEMONIC_IDIV: return {Op::IDIV, 0, 0};
        case ZYDIS_MNEMONIC_CBW: return {Op::CBW, 0, 0};
        case ZYDIS_MNEMONIC_CWDE: return {Op::CWDE, 0, 0};
        case ZYDIS_MNEMONIC_CWD: return {Op::CWD, 0, 0};
        case ZYDIS_MNEMONIC_CDQ: return {Op::CDQ, 0, 0};
        case ZYDIS_MNEMONIC_CDQE: return {Op::CDQE, 0, 0};
        case ZYDIS_MNEMONIC_CQO: return {Op::CQO, 0, 0};
        case ZYDIS_MNEMONIC_XADD: return {Op::XADD, 0, 0};
        case ZYDIS_MNEMONIC_CMPXCHG: return {Op::CMPXCHG, 0, 0};
        case ZYDIS_MNEMONIC_CMPXCHG8B: return {Op::CMPXCHG8B, 0, 0};
        case ZYDIS_MNEMONIC_CMPXCHG16B: return {Op::CMPXCHG16B, 0, 0};
        case ZYDIS_MNEMONIC_AND: return {Op::AND, 0, 0};
        case ZYDIS_MNEMONIC_OR: return {Op::OR, 0, 0};
        case ZYDIS_MNEMONIC_XOR: return {Op::XOR, 0, 0};
        case ZYDIS_MNEMONIC_NOT: return {Op::NOT, 0, 0};
        case ZYDIS_MNEMONIC_TEST: return {Op::TEST, 0, 0};
        case ZYDIS_MNEMONIC_SHL: return {Op::SHL, 0, 0};
        case ZYDIS_MNEMONIC_SHR: return {Op::SHR, 0, 0};
        case ZYDIS_MNEMONIC_SAR: return {Op::SAR, 0, 0};
        case ZYDIS_MNEMONIC_ROL: return {Op::ROL, 0, 0};
        case ZYDIS_MNEMONIC_ROR: return {Op::ROR, 0, 0};
        case ZYDIS_MNEMONIC_RCL: return {Op::RCL, 0, 0};
        case ZYDIS_MNEMONIC_RCR: return {Op::RCR, 0, 0};
        case ZYDIS_MNEMONIC_SHLD: return {Op::SHLD, 0, 0};
        case ZYDIS_MNEMONIC_SHRD: return {Op::SHRD, 0, 0};
        case ZYDIS_MNEMONIC_BT: return {Op::BT, 0, 0};
        case ZYDIS_MNEMONIC_BTS: return {Op::BTS, 0, 0};
        case ZYDIS_MNEMONIC_BTR: return {Op::BTR, 0, 0};
        case ZYDIS_MNEMONIC_BTC: return {Op::BTC, 0, 0};
        case ZYDIS_MNEMONIC_BSF: return {Op::BSF, 0, 0};
        case ZYDIS_MNEMONIC_BSR: return {Op::BSR, 0, 0};
        case ZYDIS_MNEMONIC_POPCNT: return {Op::POPCNT, 0, 0};
        case ZYDIS_MNEMONIC_AAA: return {Op::AAA, 0, 0};
        case ZYDIS_MNEMONIC_AAS: return {Op::AAS, 0, 0};
        case ZYDIS_MNEMONIC_AAM: return {Op::AAM, 0, 0};
        case ZYDIS_MNEMONIC_AAD: return {Op::AAD, 0, 0};
        case ZYDIS_MNEMONIC_DAA: return {Op::DAA, 0, 0};
        case ZYDIS_MNEMONIC_DAS: return {Op::DAS, 0, 0};
        case ZYDIS_MNEMONIC_JMP: return {Op::JMP, 0, 0};
        case ZYDIS_MNEMONIC_LOOP: return {Op::LOOP, 0, 0};
        case ZYDIS_MNEMONIC_LOOPE: return {Op::LOOPE, 0, 0};
        case ZYDIS_MNEMONIC_LOOPNE: return {Op::LOOPNE, 0, 0};
        case ZYDIS_MNEMONIC_CALL: return {Op::CALL, 0, 0};
        case ZYDIS_MNEMONIC_RET: return {Op::RET, 0, 0};
        case ZYDIS_MNEMONIC_ENTER: return {Op::ENTER, 0, 0};
        case ZYDIS_MNEMONIC_LEAVE: return {Op::LEAVE, 0, 0};
        case ZYDIS_MNEMONIC_BOUND: return {Op::BOUND, 0, 0};
        case ZYDIS_MNEMONIC_NOP: return {Op::NOP, 0, 0};
        case ZYDIS_MNEMONIC_PAUSE: return {Op::PAUSE, 0, 0};
        case ZYDIS_MNEMONIC_UD2: return {Op::UD2, 0, 0};
        case ZYDIS_MNEMONIC_CLC: return {Op::CLC, 0, 0};
        case ZYDIS_MNEMONIC_STC: return {Op::STC, 0, 0};
        case ZYDIS_MNEMONIC_CMC: return {Op::CMC, 0, 0};
        case ZYDIS_MNEMONIC_CLD: return {Op::CLD, 0, 0};
        case ZYDIS_MNEMONIC_STD: return {Op::STD, 0, 0};
        case ZYDIS_MNEMONIC_LAHF: return {Op::LAHF, 0, 0};
        case ZYDIS_MNEMONIC_SAHF: return {Op::SAHF, 0, 0};
        case ZYDIS_MNEMONIC_INT: return {Op::INT, 0, 0};
        case ZYDIS_MNEMONIC_INT3: return {Op::INT3, 0, 0};
        case ZYDIS_MNEMONIC_INTO: return {Op::INTO, 0, 0};
        case ZYDIS_MNEMONIC_INT1: return {Op::INT1, 0, 0};
        case ZYDIS_MNEMONIC_LAR: return {Op::LAR, 0, 0};
        case ZYDIS_MNEMONIC_LSL: return {Op::LSL, 0, 0};
        case ZYDIS_MNEMONIC_VERR: return {Op::VERR, 0, 0};
        case ZYDIS_MNEMONIC_VERW: return {Op::VERW, 0, 0};
        case ZYDIS_MNEMONIC_ARPL: return {Op::ARPL, 0, 0};
        case ZYDIS_MNEMONIC_CLI: return {Op::CLI, 0, 0};
        case ZYDIS_MNEMONIC_STI: return {Op::STI, 0, 0};
        case ZYDIS_MNEMONIC_IN: return {Op::IN, 0, 0};
        case ZYDIS_MNEMONIC_OUT: return {Op::OUT, 0, 0};
        case ZYDIS_MNEMONIC_LGDT: return {Op::LGDT, 0, 0};
        case ZYDIS_MNEMONIC_SGDT: return {Op::SGDT, 0, 0};
        case ZYDIS_MNEMONIC_LIDT: return {Op::LIDT, 0, 0};
        case ZYDIS_MNEMONIC_SIDT: return {Op::SIDT, 0, 0};
        case ZYDIS_MNEMONIC_LLDT: return {Op::LLDT, 0, 0};
        case ZYDIS_MNEMONIC_SLDT: return {Op::SLDT, 0, 0};
        case ZYDIS_MNEMONIC_LTR: return {Op::LTR, 0, 0};
        case ZYDIS_MNEMONIC_STR: return {Op::STR, 0, 0};
        case ZYDIS_MNEMONIC_LMSW: return {Op::LMSW, 0, 0};
        case ZYDIS_MNEMONIC_SMSW: return {Op::SMSW, 0, 0};
        case ZYDIS_MNEMONIC_CLTS: return {Op::CLTS, 0, 0};
        case ZYDIS_MNEMONIC_INVLPG: return {Op::INVLPG, 0, 0};
        case ZYDIS_MNEMONIC_INVD: return {Op::INVD, 0, 0};
        case ZYDIS_MNEMONIC_WBINVD: return {Op::WBINVD, 0, 0};
        case ZYDIS_MNEMONIC_HLT: return {Op::HLT, 0, 0};
        case ZYDIS_MNEMONIC_RDMSR: return {Op::RDMSR, 0, 0};
        case ZYDIS_MNEMONIC_WRMSR: return {Op::WRMSR, 0, 0};
        case ZYDIS_MNEMONIC_RDTSC: return {Op::RDTSC, 0, 0};
        case ZYDIS_MNEMONIC_CPUID: return {Op::CPUID, 0, 0};
        case ZYDIS_MNEMONIC_VMXON: return {Op::VMXON, 0, 0};
        case ZYDIS_MNEMONIC_VMXOFF: return {Op::VMXOFF, 0, 0};
        case ZYDIS_MNEMONIC_VMCLEAR: return {Op::VMCLEAR, 0, 0};
        case ZYDIS_MNEMONIC_VMPTRLD: return {Op::VMPTRLD, 0, 0};
        case ZYDIS_MNEMONIC_VMPTRST: return {Op::VMPTRST, 0, 0};
        case ZYDIS_MNEMONIC_VMREAD: return {Op::VMREAD, 0, 0};
        case ZYDIS_MNEMONIC_VMWRITE: return {Op::VMWRITE, 0, 0};
        case ZYDIS_MNEMONIC_VMLAUNCH: return {Op::VMLAUNCH, 0, 0};
        case ZYDIS_MNEMONIC_VMRESUME: return {Op::VMRESUME, 0, 0};
        case ZYDIS_MNEMONIC_VMCALL: return {Op::VMCALL, 0, 0};
        case ZYDIS_MNEMONIC_INVEPT: return {Op::INVEPT, 0, 0};
        case ZYDIS_MNEMONIC_INVVPID: return {Op::INVVPID, 0, 0};
        case ZYDIS_MNEMONIC_VMFUNC: return {Op::VMFUNC, 0, 0};
        case ZYDIS_MNEMONIC_MOV: return {Op::MOV, 0, 0};
        case ZYDIS_MNEMONIC_MOVZX: return {Op::MOVZX, 0, 0};
        case ZYDIS_MNEMONIC_MOVSX: return {Op::MOVSX, 0, 0};
        case ZYDIS_MNEMONIC_MOVSXD: return {Op::MOVSXD, 0, 0};
        case ZYDIS_MNEMONIC_JRCXZ: return {Op::JCXZ, 0, 0};
        case ZYDIS_MNEMONIC_JCXZ: return {Op::JCXZ, 0, 0};
        case ZYDIS_MNEMONIC_JECXZ: return {Op::JCXZ, 0, 0};
        case ZYDIS_MNEMONIC_PUSHA: return {Op::PUSHA, 0, 0};
        case ZYDIS_MNEMONIC_PUSHAD: return {Op::PUSHA, 0, 0};
        case ZYDIS_MNEMONIC_POPA: return {Op::POPA, 0, 0};
        case ZYDIS_MNEMONIC_POPAD: return {Op::POPA, 0, 0};
        case ZYDIS_MNEMONIC_IRET: return {Op::IRET, 0, 0};
        case ZYDIS_MNEMONIC_IRETD: return {Op::IRET, 0, 0};
        case ZYDIS_MNEMONIC_IRETQ: return {Op::IRET, 0, 0};
        case ZYDIS_MNEMONIC_PUSHFQ: return {Op::PUSHF, 0, 0};
        case ZYDIS_MNEMONIC_POPFQ: return {Op::POPF, 0, 0};
        case ZYDIS_MNEMONIC_PUSHF: return {Op::PUSHF, 0, 0};
        case ZYDIS_MNEMONIC_PUSHFD: return {Op::PUSHF, 0, 0};
        case ZYDIS_MNEMONIC_POPF: return {Op::POPF, 0, 0};
        case ZYDIS_MNEMONIC_POPFD: return {Op::POPF, 0, 0};
        case ZYDIS_MNEMONIC_LDS: return {Op::LFAR, 3, 0};
        case ZYDIS_MNEMONIC_LES: return {Op::LFAR, 0, 0};
        case ZYDIS_MNEMONIC_LSS: return {Op::LFAR, 2, 0};
        case ZYDIS_MNEMONIC_LFS: return {Op::LFAR, 4, 0};
        case ZYDIS_MNEMONIC_LGS: return {Op::LFAR, 5, 0};
        case ZYDIS_MNEMONIC_LFENCE: return {Op::FENCE, 0, 0};
        case ZYDIS_MNEMONIC_MFENCE: return {Op::FENCE, 0, 0};
        case ZYDIS_MNEMONIC_SFENCE: return {Op::FENCE, 0, 0};
        case ZYDIS_MNEMONIC_PREFETCHNTA: return {Op::PREFETCH, 0, 0};
        case ZYDIS_MNEMONIC_PREFETCHT0: return {Op::PREFETCH, 0, 0};
        case ZYDIS_MNEMONIC_PREFETCHT1: return {Op::PREFETCH, 0, 0};
        case ZYDIS_MNEMONIC_PREFETCHT2: return {Op::PREFETCH, 0, 0};
        case ZYDIS_MNEMONIC_PREFETCHW: return {Op::PREFETCH, 0, 0};
        default: return conditional(m);
    }
}

}  // namespace ringside::decode
