// SDM 2A "ModR/M and SIB Bytes", table "32-Bit Addressing Forms".
#include "scenarios/vmms/common/operands.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/segments.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {
namespace {

constexpr unsigned esp = 4, ebp = 5;
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

u32 operand_address(const TrapFrame& frame, const Insn& insn) {
    const MemoryOperand m = memory_operand(frame, insn);
    TrapFrame registers = frame;
    return ShadowDescriptors::base(registers.segment(m.segment)) + m.offset;
}

namespace {

Fault linear_address(const TrapFrame& frame, MemoryOperand at, u32 bytes, bool write, u32& linear) {
    TrapFrame registers = frame;
    const isa::Descriptor d = ShadowDescriptors::real_descriptor(registers.segment(at.segment));
    if (!in_limits(d, at.offset, bytes))
        return fault(at.segment == ss ? isa::Vector::SS : isa::Vector::GP);
    if (write ? !d.writable() : !d.readable()) return fault(isa::Vector::GP);
    linear = d.base() + at.offset;
    return {};
}

}  // namespace

Fault read_memory(Guest& guest, const TrapFrame& frame, MemoryOperand at, void* to, u32 bytes) {
    u32 linear = 0;
    if (const Fault f = linear_address(frame, at, bytes, false, linear)) return f;
    return read_linear(guest, linear, to, bytes, {false, virtual_cpl(frame) == 3, false});
}

Fault write_memory(Guest& guest, const TrapFrame& frame, MemoryOperand at, const void* from,
                   u32 bytes) {
    u32 linear = 0;
    if (const Fault f = linear_address(frame, at, bytes, true, linear)) return f;
    return write_linear(guest, linear, from, bytes, {true, virtual_cpl(frame) == 3, false});
}

Fault read_rm16(Guest& guest, TrapFrame& frame, const Insn& insn, u16& value) {
    if (insn.memory_operand())
        return read_memory(guest, frame, memory_operand(frame, insn), &value, 2);
    value = u16(frame.general(insn.rm()));
    return {};
}

}  // namespace ringside::vmm
