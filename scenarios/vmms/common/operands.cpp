#include "scenarios/vmms/common/operands.hpp"

#include "scenarios/vmms/common/guest.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/segments.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {

u32 operand_address(const TrapFrame& frame, const Insn& insn) {
    const MemoryOperand m = memory_operand(frame, insn);
    TrapFrame registers = frame;
    return ShadowDescriptors::base(registers.segment(m.segment)) + m.offset;
}

namespace {

constexpr unsigned ss = 2;

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

OperandMemory operand_memory(Guest& guest) {
    return {&guest,
            [](void* g, const TrapFrame& frame, MemoryOperand at, void* to, u32 bytes) {
                return read_memory(*static_cast<Guest*>(g), frame, at, to, bytes);
            },
            [](void* g, const TrapFrame& frame, MemoryOperand at, const void* from, u32 bytes) {
                return write_memory(*static_cast<Guest*>(g), frame, at, from, bytes);
            }};
}

Fault read_rm16(Guest& guest, TrapFrame& frame, const Insn& insn, u16& value) {
    if (insn.memory_operand())
        return read_memory(guest, frame, memory_operand(frame, insn), &value, 2);
    value = u16(frame.general(insn.rm()));
    return {};
}

}  // namespace ringside::vmm
