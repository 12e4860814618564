#include "scenarios/vmms/common/emulate_parts.hpp"
#include "scenarios/vmms/common/interrupts.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/segments.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {
namespace {

using isa::Vector;

/// In the order of instruction encodings. SDM 2A "ModR/M", table "Segment Registers".
enum Register : unsigned { es, cs, ss, ds, fs, gs };

u32 operand_size(const Insn& insn) { return insn.operand16 ? 2 : 4; }

/// After a load of SS one more instruction passes before an interrupt, as after STI. SDM 3A
/// "Masking Exceptions and Interrupts When Switching Stacks".
EmulationResult loaded(Guest& guest, TrapFrame& frame, const Insn& insn, unsigned n, Fault f) {
    const EmulationResult result = finish(frame, insn, f);
    if (!f && n == ss) {
        guest.cpu.sti_shadow = true;
        guest.cpu.sti_shadow_eip = frame.eip;
    }
    return result;
}

EmulationResult mov_segment(Guest& guest, TrapFrame& frame, const Insn& insn) {
    if (insn.reg() == cs || insn.reg() > gs) return finish(frame, insn, fault(Vector::UD));
    u16 selector = 0;
    Fault f = read_rm16(guest, frame, insn, selector);
    if (!f) f = load_segment(guest, frame, insn.reg(), selector);
    return loaded(guest, frame, insn, insn.reg(), f);
}

EmulationResult pop_segment(Guest& guest, TrapFrame& frame, const Insn& insn, unsigned n) {
    u32 word = 0;
    Fault f = read_stack(guest, frame, 0, &word, 1);
    if (!f) f = load_segment(guest, frame, n, u16(word));
    if (!f) frame.esp += operand_size(insn);
    return loaded(guest, frame, insn, n, f);
}

/// LDS, LES, LSS, LFS, LGS: a far pointer into a segment register and a general one.
EmulationResult load_far_pointer(Guest& guest, TrapFrame& frame, const Insn& insn, unsigned n) {
    if (!insn.memory_operand()) return not_handled;
    const MemoryOperand at = memory_operand(frame, insn);
    u32 offset = 0;
    u16 selector = 0;
    Fault f = read_memory(guest, frame, at, &offset, operand_size(insn));
    if (!f)
        f = read_memory(guest, frame, {at.segment, at.offset + operand_size(insn)}, &selector, 2);
    if (!f) f = load_segment(guest, frame, n, selector);
    if (!f) {
        u32& to = frame.general(insn.reg());
        to = insn.operand16 ? (to & 0xffff0000) | offset : offset;
    }
    return loaded(guest, frame, insn, n, f);
}

/// Through a call gate: the gate says where to, and a call may change to the guest's ring 0 with
/// its stack. SDM 3A "Accessing a Code Segment Through a Call Gate".
Fault pass_gate(Guest& guest, TrapFrame& frame, const Insn& insn, u16 selector,
                isa::Descriptor gate, bool call) {
    const isa::Selector s{selector}, target{gate.gate_selector()};
    const u8 cpl = virtual_cpl(frame), least = s.rpl() > cpl ? s.rpl() : cpl;
    if (gate.dpl() < least) return fault(Vector::GP, s.error());
    if (!gate.present()) return fault(Vector::NP, s.error());
    isa::Descriptor code;
    if (target.null()) return fault(Vector::GP);
    if (const Fault f = read_descriptor(guest, target.value, code)) return f;
    if (!code.code() || code.dpl() > cpl) return fault(Vector::GP, target.error());
    const bool inward = call && !code.conforming() && code.dpl() < cpl;
    const u8 new_cpl = inward ? code.dpl() : cpl;
    if (const Fault f = check_code_segment(guest, frame, target.value, new_cpl, gate.gate_offset()))
        return f;

    // Onto the stack, top first: for an inner ring SS, ESP and the parameters; then CS and EIP.
    constexpr u32 most = 2 + 31 + 2;
    u32 words[most];
    u32 count = 0;
    auto add = [&](u32 word) { words[most - ++count] = word; };
    TrapFrame next = frame;
    if (inward) {
        u16 ss = 0;
        const u32 parameters = gate.gate_parameters() & 31;
        u32 copied[31];
        if (const Fault f = read_stack(guest, frame, 0, copied, parameters)) return f;
        if (const Fault f = inner_stack(guest, frame, 0, ss, next.esp)) return f;
        next.ss = real_selector(ss);
        add(frame.ss);
        add(frame.esp);
        for (u32 n = parameters; n > 0; --n) add(copied[n - 1]);
    }
    next.cs = new_cpl == 0 ? real_selector(u16(target.value & ~3)) : u16(target.value | 3);
    if (call) {
        add(guest_selector(frame.cs));
        add(frame.eip + insn.length);
        if (const Fault f = push(guest, next, words + most - count, count)) return f;
    }
    frame.ss = next.ss;
    frame.esp = next.esp;
    frame.cs = next.cs;
    frame.eip = gate.gate_offset();
    return {};
}

/// Far JMP and CALL.
EmulationResult far_transfer(Guest& guest, TrapFrame& frame, const Insn& insn, u16 selector,
                             u32 offset, bool call) {
    const u8 cpl = virtual_cpl(frame);
    isa::Descriptor d;
    if (!isa::Selector{selector}.null() && !read_descriptor(guest, selector, d) && !d.segment()) {
        if (d.is(isa::SystemType::CallGate))
            return finish_jump(pass_gate(guest, frame, insn, selector, d, call));
        stop("not modelled: a far transfer through a 16-bit gate or a task at ", Hex{frame.eip});
    }
    Fault f = (selector & 3) > cpl && !d.conforming()
                  ? fault(Vector::GP, isa::Selector{selector}.error())
                  : check_code_segment(guest, frame, selector, cpl, offset);
    if (!f && call) {
        const u32 words[] = {frame.eip + insn.length, guest.descriptors.guests(frame.cs)};
        f = push(guest, frame, words, 2);
    }
    if (!f) {
        frame.cs = u16((selector & ~3) | frame.cpl());
        frame.eip = offset;
    }
    return finish_jump(f);
}

EmulationResult far_direct(Guest& guest, TrapFrame& frame, const Insn& insn, bool call) {
    if (insn.operand16) stop("not modelled: a far transfer with 16-bit operands");
    const u8* const selector = insn.bytes + insn.immediate_at + 4;
    return far_transfer(guest, frame, insn, u16(selector[0] | selector[1] << 8), insn.immediate(),
                        call);
}

EmulationResult far_indirect(Guest& guest, TrapFrame& frame, const Insn& insn, bool call) {
    if (insn.operand16) stop("not modelled: a far transfer with 16-bit operands");
    const MemoryOperand at = memory_operand(frame, insn);
    u32 offset = 0;
    u16 selector = 0;
    Fault f = read_memory(guest, frame, at, &offset, 4);
    if (!f) f = read_memory(guest, frame, {at.segment, at.offset + 4}, &selector, 2);
    return f ? finish_jump(f) : far_transfer(guest, frame, insn, selector, offset, call);
}

EmulationResult far_return_from(Guest& guest, TrapFrame& frame, const Insn& insn, bool flags) {
    if (virtual_cpl(frame) != 0) return not_handled;
    const u32 release = insn.opcode == 0xca ? insn.immediate() & 0xffff : 0;
    return finish_jump(far_return(guest, frame, flags, release, operand_size(insn)));
}

EmulationResult software_interrupt(Guest& guest, TrapFrame& frame, u8 vector, u8 length) {
    deliver_software_interrupt(guest, frame, vector, length);
    return {Emulation::Done};
}

/// A #DB, whatever the gate's DPL. SDM 2A "INT n/INTO/INT3/INT1".
EmulationResult int1(Guest& guest, TrapFrame& frame, const Insn& insn) {
    frame.eip += insn.length;
    deliver_exception(guest, frame, fault(Vector::DB));
    return {Emulation::Done};
}

/// SDM 2B "SYSEXIT": the ring-3 segments are at fixed distances from IA32_SYSENTER_CS.
EmulationResult sysexit(Guest& guest, TrapFrame& frame) {
    const u16 base = u16(guest.cpu.sysenter_cs & ~3u);
    if (virtual_cpl(frame) != 0 || base == 0) return finish_jump(fault(Vector::GP));
    const u16 code = u16((base + 16) | 3), stack = u16((base + 24) | 3);
    isa::Descriptor d;
    Fault f = check_code_segment(guest, frame, code, 3, frame.edx);
    if (!f) f = check_stack_segment(guest, frame, stack, 3, Vector::GP, d);
    if (f) return finish_jump(f);
    frame.cs = code;
    frame.ss = stack;
    frame.eip = frame.edx;
    frame.esp = frame.ecx;
    return {Emulation::Done};
}

}  // namespace

void enter_by_sysenter(Guest& guest, TrapFrame& frame) {
    const VCpu& cpu = guest.cpu;
    frame.cs = real_selector(u16(cpu.sysenter_cs & ~3u));
    frame.ss = real_selector(u16((cpu.sysenter_cs & ~3u) + 8));
    frame.eip = cpu.sysenter_eip;
    frame.esp = cpu.sysenter_esp;
    frame.eflags = VCpu::real_eflags(u32(frame.eflags & ~(isa::flags::VM | isa::flags::RF)));
    guest.cpu.set_interrupts(false);
    isa::Descriptor d;
    Fault f = check_code_segment(guest, frame, guest_selector(frame.cs), 0, frame.eip);
    if (!f) f = check_stack_segment(guest, frame, guest_selector(frame.ss), 0, Vector::GP, d);
    if (f) stop("not modelled: SYSENTER to segments that the guest's GDT does not have");
}

EmulationResult emulate_transfers(Guest& guest, TrapFrame& frame, const Insn& insn) {
    if (insn.map == Map::Map0F) {
        switch (insn.opcode) {
            case 0x35: return sysexit(guest, frame);
            case 0xa1: return pop_segment(guest, frame, insn, fs);
            case 0xa9: return pop_segment(guest, frame, insn, gs);
            case 0xb2: return load_far_pointer(guest, frame, insn, ss);
            case 0xb4: return load_far_pointer(guest, frame, insn, fs);
            case 0xb5: return load_far_pointer(guest, frame, insn, gs);
            default: return not_handled;
        }
    }
    if (insn.map != Map::OneByte) return not_handled;
    switch (insn.opcode) {
        case 0x07: return pop_segment(guest, frame, insn, es);
        case 0x17: return pop_segment(guest, frame, insn, ss);
        case 0x1f: return pop_segment(guest, frame, insn, ds);
        case 0x8e: return mov_segment(guest, frame, insn);
        case 0xc4: return load_far_pointer(guest, frame, insn, es);
        case 0xc5: return load_far_pointer(guest, frame, insn, ds);
        case 0x9a: return far_direct(guest, frame, insn, true);
        case 0xea: return far_direct(guest, frame, insn, false);
        case 0xff:
            if (insn.reg() == 3) return far_indirect(guest, frame, insn, true);
            if (insn.reg() == 5) return far_indirect(guest, frame, insn, false);
            return not_handled;
        case 0xca:
        case 0xcb: return far_return_from(guest, frame, insn, false);
        case 0xcf: return far_return_from(guest, frame, insn, true);
        case 0xcd: return software_interrupt(guest, frame, u8(insn.immediate()), insn.length);
        case 0xcc: return software_interrupt(guest, frame, u8(Vector::BP), insn.length);
        case 0xf1: return int1(guest, frame, insn);
        case 0xce:
            if (frame.eflags & isa::flags::OF)
                return software_interrupt(guest, frame, u8(Vector::OF), insn.length);
            return finish(frame, insn, {});
        default: return not_handled;
    }
}

}  // namespace ringside::vmm
