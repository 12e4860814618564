// In which modes a row's instruction exists; elsewhere its bytes are #UD or another instruction.
// SDM 2 by mnemonic: "64-Bit Mode", "Compat/Leg Mode", "Real-Address Mode Exceptions".
// Freestanding.
#pragma once
#include "sim/isa/instructions.hpp"

namespace ringside::isa {

struct Modes {
    bool real, virtual_8086, protected_32, long_64;
    constexpr bool operator==(const Modes&) const = default;
};

constexpr Modes modes_of(Op op) {
    using enum Op;
    constexpr Modes everywhere{true, true, true, true}, not_64{true, true, true, false},
        only_64{false, false, false, true}, protected_only{false, false, true, true};
    switch (op) {
        case AAA:
        case AAS:
        case AAM:
        case AAD:
        case DAA:
        case DAS:
        case PUSHA:
        case POPA:
        case BOUND:
        case INTO:
        case SALC: return not_64;
        case MOVSXD:
        case CDQE:
        case CQO:
        case CMPXCHG16B:
        case SWAPGS:
        case RDFSBASE:
        case RDGSBASE:
        case WRFSBASE:
        case WRGSBASE: return only_64;
        case ARPL: return {false, false, true, false};
        case LAR:
        case LSL:
        case VERR:
        case VERW:
        case LLDT:
        case SLDT:
        case LTR:
        case STR:
        // VEX-encoded.
        case ANDN:
        case BEXTR:
        case BLSI:
        case BLSMSK:
        case BLSR:
        case BZHI:
        case MULX:
        case PDEP:
        case PEXT:
        case RORX:
        case SARX:
        case SHLX:
        case SHRX:
        // Outside VMX operation, which needs protected mode.
        case VMXON:
        case VMXOFF:
        case VMCLEAR:
        case VMPTRLD:
        case VMPTRST:
        case VMREAD:
        case VMWRITE:
        case VMLAUNCH:
        case VMRESUME:
        case VMCALL:
        case INVEPT:
        case INVVPID:
        case VMFUNC: return protected_only;
        default: return everywhere;
    }
}

}  // namespace ringside::isa
