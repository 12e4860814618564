#include "scenarios/vmms/common/vmx/memory_access.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/emulate_memory.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/segment_fields.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::vmm {

using namespace vmx;

namespace {

void check(GuestCpu& guest) {
    if (guest.apic.not_modelled()) give_up(guest, "not modelled: ", guest.apic.not_modelled());
}

void read_physical(GuestCpu& guest, u32 physical, void* to, u32 bytes) {
    if (const u8* from = guest.memory.at(physical, bytes)) {
        memcpy(to, from, bytes);
    } else if (guest.apic.claims(physical)) {
        guest.apic.read(physical, to, bytes, cpu::rdtsc());
        check(guest);
    } else {
        memset(to, 0xff, bytes);  // no memory there: an empty bus
    }
}

void write_physical(GuestCpu& guest, u32 physical, const void* from, u32 bytes) {
    if (!guest.apic.claims(physical))
        return guest.shadow.write(guest.memory, physical, from, bytes);
    guest.apic.write(physical, from, bytes, cpu::rdtsc());
    check(guest);
}

}  // namespace

Fault read_linear(GuestCpu& guest, Natural linear, void* to, u32 bytes, Access access) {
    auto* out = static_cast<u8*>(to);
    return by_page(guest.memory, paging_registers(guest), linear, bytes, access,
                   [&](u32 physical, u32 part) {
                       read_physical(guest, physical, out, part);
                       out += part;
                   });
}

Fault write_linear(GuestCpu& guest, Natural linear, const void* from, u32 bytes, Access access) {
    return write_linear(
        guest.memory, paging_registers(guest), linear, from, bytes, access,
        [&](u32 physical, const void* in, u32 part) { write_physical(guest, physical, in, part); });
}

namespace {

/// The processor has found the segment in order, or it would not have come to the page.
u32 linear_address(MemoryOperand at) {
    return read(field_of(SegmentRegister(at.segment), Field::GUEST_ES_BASE)) + at.offset;
}
Access access_by_instruction(bool write) { return {write, guest_cpl() == 3, false}; }

OperandMemory operand_memory(GuestCpu& guest) {
    return {&guest,
            [](void* g, const TrapFrame&, MemoryOperand at, void* to, u32 bytes) {
                return read_linear(*static_cast<GuestCpu*>(g), linear_address(at), to, bytes,
                                   access_by_instruction(false));
            },
            [](void* g, const TrapFrame&, MemoryOperand at, const void* from, u32 bytes) {
                return write_linear(*static_cast<GuestCpu*>(g), linear_address(at), from, bytes,
                                    access_by_instruction(true));
            }};
}

bool fetch(GuestCpu& guest, Insn& insn) {
    constexpr u32 default_32_bits = 1u << 14;
    if (!(read(Field::GUEST_CS_ACCESS_RIGHTS) & default_32_bits)) return false;
    const u32 linear = read(Field::GUEST_CS_BASE) + read(Field::GUEST_RIP);
    const Access access{false, guest_cpl() == 3, true};
    u8 bytes[Insn::max_length];
    // It may end right before a page that is not there.
    const u32 to_page_end = 4096 - linear % 4096;
    u32 available = to_page_end < sizeof bytes ? to_page_end : u32(sizeof bytes);
    if (read_linear(guest, linear, bytes, available, access)) return false;
    if (available < sizeof bytes && !read_linear(guest, linear + available, bytes + available,
                                                 u32(sizeof bytes) - available, access))
        available = sizeof bytes;
    insn = decode(bytes, available);
    return true;
}

TrapFrame registers_of(const GuestCpu& guest) {
    TrapFrame frame{};
    for (unsigned n = 0; n < 8; ++n) frame.general(n) = general_register(guest, n);
    frame.eip = read(Field::GUEST_RIP);
    frame.eflags = read(Field::GUEST_RFLAGS);
    return frame;
}
void set_registers(GuestCpu& guest, TrapFrame& frame) {
    for (unsigned n = 0; n < 8; ++n) set_general_register(guest, n, frame.general(n));
    write(Field::GUEST_RFLAGS, frame.eflags);
}

}  // namespace

bool emulate_access(GuestCpu& guest) {
    constexpr u32 valid = 1u << 31;
    if (read(Field::IDT_VECTORING_INFORMATION) & valid) return false;
    Insn insn;
    if (!fetch(guest, insn)) return false;
    TrapFrame frame = registers_of(guest);
    const u32 eip = frame.eip;
    const EmulationResult result = emulate_access(operand_memory(guest), frame, insn);
    if (result.kind == Emulation::NotHandled) return false;
    set_registers(guest, frame);
    if (result.kind == Emulation::Faulted)
        raise(guest, result.fault);
    else if (frame.eip != eip)
        skip_instruction(insn.length);
    return true;
}

}  // namespace ringside::vmm
