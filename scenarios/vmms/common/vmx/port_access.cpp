#include "scenarios/vmms/common/vmx/port_access.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/memory_access.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/flags.hpp"

namespace ringside::vmm {

using namespace vmx;

namespace {

constexpr u32 string_bit = 1u << 4, repeated_bit = 1u << 5;

bool repeated() { return read(Field::EXIT_QUALIFICATION) & repeated_bit; }

Access access_by(bool write) { return {write, guest_cpl() == 3, false}; }

/// SI, DI and CX have as many bits as the instruction's addresses. SDM 3C "VM-Exit
/// Instruction-Information Field": 0 for 16 bits, 1 for 32, 2 for 64.
Natural address_mask() {
    switch ((read(Field::VM_EXIT_INSTRUCTION_INFORMATION) >> 7) & 7) {
        case 0: return 0xffff;
        case 1: return 0xffffffff;
        default: return ~Natural{0};
    }
}
/// A register of 32 bits that is written loses its upper half, if it has one.
void advance(Natural& reg, Natural by) {
    const Natural mask = address_mask(), sum = (reg + by) & mask;
    reg = mask == 0xffff ? (reg & ~mask) | sum : sum;
}

Fault store(GuestCpu& guest, Natural linear, u32 value, unsigned width) {
    return write_linear(guest, linear, &value, width, access_by(true));
}

/// The store of INS must not fault when the device has given its value away: a store of what is
/// there already comes first.
Fault check_destination(GuestCpu& guest, Natural linear, unsigned width) {
    u32 there = 0;
    if (const Fault f = read_linear(guest, linear, &there, width, access_by(true))) return f;
    return store(guest, linear, there, width);
}

/// A breakpoint on the port would have trapped behind the instruction. SDM 3B "Debug Registers", 3C
/// "Pending Debug Exceptions".
void note_breakpoints(const PortAccess& access) {
    using namespace isa::debug;
    const u32 dr7 = read(Field::GUEST_DR7);
    if (!(dr7 & enables) || !(guest_cr4() & isa::cr4::DE)) return;
    u32 met = 0;
    for (unsigned n = 0; n < breakpoints; ++n) {
        const u32 length = u32(isa::debug::length(dr7, n)),
                  first = cpu::debug_register(n) & ~(length - 1);
        const bool there = first < access.port + u32(access.width) && access.port < first + length;
        if (enabled(dr7, n) && condition(dr7, n) == Condition::InputOutput && there) met |= 1u << n;
    }
    constexpr u32 enabled_breakpoint = 1u << 12;
    if (met)
        write(Field::GUEST_PENDING_DEBUG_EXCEPTIONS,
              read(Field::GUEST_PENDING_DEBUG_EXCEPTIONS) | met | enabled_breakpoint);
}

}  // namespace

bool begin_port_access(GuestCpu& guest, PortAccess& access) {
    const u32 qualification = read(Field::EXIT_QUALIFICATION);
    access.port = u16(qualification >> 16);
    access.width = u8((qualification & 7) + 1);
    access.in = qualification & (1u << 3);
    access.string = qualification & string_bit;
    access.value = u32(guest.registers.ax) & u32(width_mask(access.width));
    if (!access.string) return true;

    if (repeated() && (guest.registers.cx & address_mask()) == 0) return skip_instruction(), false;
    const Natural linear = read(Field::GUEST_LINEAR_ADDRESS);
    const Fault f = access.in
                        ? check_destination(guest, linear, access.width)
                        : read_linear(guest, linear, &access.value, access.width, access_by(false));
    if (f) return raise(guest, f), false;
    return true;
}

void finish_port_access(GuestCpu& guest, const PortAccess& access) {
    GeneralRegisters& r = guest.registers;
    if (!access.string) {
        const u32 mask = u32(width_mask(access.width));
        if (access.in && access.width == 4)
            r.ax = access.value;
        else if (access.in)
            r.ax = (r.ax & ~Natural{mask}) | (access.value & mask);
        skip_instruction();
        return note_breakpoints(access);
    }
    const bool down = read(Field::GUEST_RFLAGS) & isa::flags::DF;
    const Natural step = down ? -Natural{access.width} : access.width;
    if (access.in) {
        store(guest, read(Field::GUEST_LINEAR_ADDRESS), access.value, access.width);
        advance(r.di, step);
    } else {
        advance(r.si, step);
    }
    if (repeated()) advance(r.cx, ~Natural{0});
    // Another round leaves the guest by itself.
    if (!repeated() || (r.cx & address_mask()) == 0) skip_instruction();
    note_breakpoints(access);
}

}  // namespace ringside::vmm
