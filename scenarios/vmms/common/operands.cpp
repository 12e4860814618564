#include "scenarios/vmms/common/operands.hpp"

#include "scenarios/vmms/common/emulate_memory.hpp"
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

/// Beyond the border where the guest's real segments end its own may go on: to the local APIC,
/// which is all that it can reach there.
bool is_device_beyond_border(Guest& guest, u16 selector, u32 linear, u32 offset, u32 bytes) {
    if (linear < vmm_base) return false;
    const bool lent = isa::Selector{selector}.ldt() == false && (selector >> 3) >= first_vmm_entry;
    isa::Descriptor own;
    if (!lent) {
        if (read_descriptor(guest, guest.descriptors.guests(selector), own)) return false;
        if (!in_limits(own, offset, bytes)) return false;
    }
    const Translation t = translate(guest, linear, supervisor_read);
    return !t.fault && guest.apic.claims(t.physical);
}

Fault linear_address(Guest& guest, const TrapFrame& frame, MemoryOperand at, u32 bytes, bool write,
                     u32& linear) {
    TrapFrame registers = frame;
    const u16 selector = registers.segment(at.segment);
    const isa::Descriptor d = ShadowDescriptors::real_descriptor(selector);
    linear = d.base() + at.offset;
    if (!in_limits(d, at.offset, bytes) &&
        !is_device_beyond_border(guest, selector, linear, at.offset, bytes))
        return fault(at.segment == ss ? isa::Vector::SS : isa::Vector::GP);
    if (write ? !d.writable() : !d.readable()) return fault(isa::Vector::GP);
    return {};
}

}  // namespace

bool reaches_device_beyond_border(Guest& guest, const TrapFrame& frame, const Insn& insn,
                                  u32& physical) {
    MemoryOperand at;
    if (insn.cls != Class::Innocuous || !operand_of_access(frame, insn, at)) return false;
    TrapFrame registers = frame;
    const u16 selector = registers.segment(at.segment);
    const u32 linear = ShadowDescriptors::base(selector) + at.offset;
    if (!is_device_beyond_border(guest, selector, linear, at.offset, 1)) return false;
    physical = translate(guest, linear, supervisor_read).physical;
    return true;
}

Fault read_memory(Guest& guest, const TrapFrame& frame, MemoryOperand at, void* to, u32 bytes) {
    u32 linear = 0;
    if (const Fault f = linear_address(guest, frame, at, bytes, false, linear)) return f;
    return read_linear(guest, linear, to, bytes, {false, virtual_cpl(frame) == 3, false});
}

Fault write_memory(Guest& guest, const TrapFrame& frame, MemoryOperand at, const void* from,
                   u32 bytes) {
    u32 linear = 0;
    if (const Fault f = linear_address(guest, frame, at, bytes, true, linear)) return f;
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
