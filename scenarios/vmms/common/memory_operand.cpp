// SDM 2A "ModR/M and SIB Bytes", table "32-Bit Addressing Forms".
#include "scenarios/vmms/common/memory_operand.hpp"

#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {

namespace {

constexpr unsigned esp = 4, ebp = 5;  // general registers
constexpr unsigned ss = 2, ds = 3;

unsigned segment_of(const Insn& insn, unsigned otherwise) {
    switch (insn.segment) {
        case 0x26: return 0;
        case 0x2e: return 1;
        case 0x36: return 2;
        case 0x3e: return 3;
        case 0x64: return 4;
        case 0x65: return 5;
        default: return otherwise;
    }
}

}  // namespace

unsigned source_segment(const Insn& insn) { return segment_of(insn, ds); }

MemoryOperand memory_operand(const TrapFrame& frame, const Insn& insn) {
    if (insn.address16) stop("not modelled: a 16-bit address in an instruction to emulate");
    TrapFrame registers = frame;
    u32 offset = insn.displacement();
    unsigned base = insn.rm();
    if (insn.has_sib) {
        base = insn.sib & 7;
        const unsigned index = (insn.sib >> 3) & 7;
        if (index != esp) offset += registers.general(index) << (insn.sib >> 6);
    }
    const bool no_base = base == ebp && insn.mod() == 0;
    if (!no_base) offset += registers.general(base);
    const bool stack = !no_base && (base == ebp || base == esp);
    return {segment_of(insn, stack ? ss : ds), offset};
}

}  // namespace ringside::vmm
