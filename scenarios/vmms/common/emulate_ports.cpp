#include "scenarios/vmms/common/emulate_parts.hpp"
#include "scenarios/vmms/common/guest_linear.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/port_instruction.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/common/surroundings.hpp"

namespace ringside::vmm {
namespace {

/// SDM 1 "I/O Permission Bit Map". The guest's kernel may use any port, its applications what the
/// TSS allows.
Fault check_ports(Guest& guest, const TrapFrame& frame, u16 port, unsigned width) {
    const VCpu& cpu = guest.cpu;
    if (virtual_cpl(frame) <= cpu.iopl()) return {};
    constexpr u32 map_base_at = 102;
    u16 map_base = 0, bits = 0;
    if (cpu.tr.limit < map_base_at + 1) return fault(isa::Vector::GP);
    if (const Fault f = read_linear(guest, cpu.tr.base + map_base_at, &map_base, 2)) return f;
    const u32 at = map_base + port / 8u;
    if (at + 1 > cpu.tr.limit) return fault(isa::Vector::GP);
    if (const Fault f = read_linear(guest, cpu.tr.base + at, &bits, 2)) return f;
    const u32 wanted = ((1u << width) - 1) << port % 8u;
    return bits & wanted ? fault(isa::Vector::GP) : Fault{};
}

u32 read_port(Guest& guest, const PortAccess& a) {
    guest.watchdog.saw_it_alive();
    return guest.board.in(a.port, a.width);
}

void write_port(Guest& guest, const PortAccess& a, u32 value) {
    guest.watchdog.saw_it_alive();
    if (a.port == isa::pc::port::debug_exit) return exit_guest(guest, value);
    guest.board.out(a.port, value, a.width);
    if (guest.board.was_reset()) stop("the guest resets the machine");
}

EmulationResult port(Guest& guest, TrapFrame& frame, const Insn& insn, PortAccess a) {
    if (const Fault f = check_ports(guest, frame, a.port, a.width)) return finish(frame, insn, f);
    if (a.out)
        write_port(guest, a, frame.eax & u32(width_mask(a.width)));
    else
        set_accumulator(frame, read_port(guest, a), a.width);
    return finish(frame, insn, {});
}

/// INS and OUTS, one element each time round, so that a fault leaves the registers at the element
/// that raised it. SDM 2B "REP": interrupts come between elements. So after some the guest goes on
/// at the same instruction, and is back at once if no interrupt is.
EmulationResult string(Guest& guest, TrapFrame& frame, const Insn& insn, PortAccess a) {
    if (insn.address16) stop("not modelled: INS and OUTS with 16-bit addresses");
    if (const Fault f = check_ports(guest, frame, a.port, a.width)) return finish(frame, insn, f);
    const u32 step = frame.eflags & isa::flags::DF ? -a.width : a.width;
    constexpr unsigned es = 0;
    constexpr u32 most_at_once = 64;
    for (u32 done = 0; !insn.rep || frame.ecx; ++done) {
        if (done == most_at_once) return {Emulation::Done};
        u32 value = 0;
        if (a.out) {
            const MemoryOperand source{source_segment(insn), frame.esi};
            if (const Fault f = read_memory(guest, frame, source, &value, a.width))
                return finish(frame, insn, f);
            write_port(guest, a, value);
            frame.esi += step;
        } else {
            // The store first, of nothing: the device must not lose a value to a page fault.
            const MemoryOperand destination{es, frame.edi};
            if (const Fault f = read_memory(guest, frame, destination, &value, a.width))
                return finish(frame, insn, f);
            if (const Fault f = write_memory(guest, frame, destination, &value, a.width))
                return finish(frame, insn, f);
            value = read_port(guest, a);
            if (const Fault f = write_memory(guest, frame, destination, &value, a.width))
                return finish(frame, insn, f);
            frame.edi += step;
        }
        if (!insn.rep) break;
        --frame.ecx;
    }
    return finish(frame, insn, {});
}

EmulationResult set_if(Guest& guest, TrapFrame& frame, const Insn& insn, bool on) {
    VCpu& cpu = guest.cpu;
    if (virtual_cpl(frame) > cpu.iopl()) return finish(frame, insn, fault(isa::Vector::GP));
    if (on && !cpu.interrupts_on()) {
        cpu.sti_shadow = true;
        cpu.sti_shadow_eip = frame.eip + insn.length;
    }
    cpu.set_interrupts(on);
    return finish(frame, insn, {});
}

}  // namespace

EmulationResult emulate_ports(Guest& guest, TrapFrame& frame, const Insn& insn) {
    if (insn.map != Map::OneByte) return not_handled;
    PortAccess access;
    if (is_port_instruction(insn, frame, access)) return port(guest, frame, insn, access);
    const unsigned width = !(insn.opcode & 1) ? 1 : insn.operand16 ? 2 : 4;
    const u16 dx = u16(frame.edx);
    switch (insn.opcode) {
        case 0xfa: return set_if(guest, frame, insn, false);
        case 0xfb: return set_if(guest, frame, insn, true);
        case 0x6c:
        case 0x6d: return string(guest, frame, insn, {dx, width, false});
        case 0x6e:
        case 0x6f: return string(guest, frame, insn, {dx, width, true});
        default: return not_handled;
    }
}

}  // namespace ringside::vmm
