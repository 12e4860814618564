#include "scenarios/vmms/common/emulate_sensitive.hpp"

#include "scenarios/vmms/common/emulate_parts.hpp"
#include "scenarios/vmms/common/operands.hpp"
#include "scenarios/vmms/common/segments.hpp"
#include "scenarios/vmms/common/serial.hpp"

namespace ringside::vmm {

namespace {

using isa::Descriptor;
using isa::Selector;
using isa::SystemType;

u32 operand_bytes(const Insn& insn) { return insn.operand16 ? 2 : 4; }

/// Pushes the low `bytes` of value.
Fault push_value(Guest& guest, TrapFrame& frame, u32 value, u32 bytes) {
    if (bytes == 4) return push(guest, frame, &value, 1);
    constexpr unsigned ss = 2;
    if (const Fault f = write_memory(guest, frame, {ss, frame.esp - bytes}, &value, bytes))
        return f;
    frame.esp -= bytes;
    return {};
}

Fault read_top(Guest& guest, const TrapFrame& frame, u32& value, u32 bytes) {
    constexpr unsigned ss = 2;
    value = 0;
    return read_memory(guest, frame, {ss, frame.esp}, &value, bytes);
}

void set_register(TrapFrame& frame, unsigned n, u32 value, u32 bytes) {
    u32& to = frame.general(n);
    to = bytes == 2 ? (to & 0xffff0000) | (value & 0xffff) : value;
}

/// To r/m: memory gets 16 bits, a register the operand's size.
Fault store_word(Guest& guest, TrapFrame& frame, const Insn& insn, u32 value) {
    if (insn.memory_operand())
        return write_memory(guest, frame, memory_operand(frame, insn), &value, 2);
    set_register(frame, insn.rm(), value, operand_bytes(insn));
    return {};
}

// ---- flags

Fault pushf(Guest& guest, TrapFrame& frame, const Insn& insn) {
    // SDM 2B "PUSHF": the image has VM and RF cleared.
    const u32 image = guest.cpu.guest_eflags(frame.eflags) & ~u32(isa::flags::VM | isa::flags::RF);
    return push_value(guest, frame, image, operand_bytes(insn));
}

/// SDM 2B "POPF", operation at CPL 0.
Fault popf(Guest& guest, TrapFrame& frame, const Insn& insn) {
    using namespace isa::flags;
    u32 popped = 0;
    if (const Fault f = read_top(guest, frame, popped, operand_bytes(insn))) return f;
    const u32 changes = u32(status | TF | IF | DF | IOPL | NT | (insn.operand16 ? 0 : AC | ID));
    const u32 now = guest.cpu.guest_eflags(frame.eflags);
    const u32 value = ((now & ~changes) | (popped & changes)) & ~u32(RF);
    guest.cpu.eflags = value & VCpu::system_flags;
    frame.eflags = VCpu::real_eflags(value);
    frame.esp += operand_bytes(insn);
    return {};
}

// ---- descriptor tables and machine status

/// SGDT, SIDT: limit and base.
Fault store_table(Guest& guest, TrapFrame& frame, const Insn& insn,
                  const VCpu::TableRegister& table) {
    u8 image[6];
    for (unsigned i = 0; i < 2; ++i) image[i] = u8(table.limit >> (8 * i));
    for (unsigned i = 0; i < 4; ++i) image[2 + i] = u8(table.base >> (8 * i));
    return write_memory(guest, frame, memory_operand(frame, insn), image, sizeof image);
}

Fault smsw(Guest& guest, TrapFrame& frame, const Insn& insn) {
    return store_word(guest, frame, insn, guest.cpu.cr0);
}

// ---- what a selector means

/// The guest's own descriptor; false where LAR, LSL, VERR and VERW say that it is of no use.
bool visible_descriptor(Guest& guest, const TrapFrame& frame, u16 selector, Descriptor& d,
                        Fault& f) {
    const Selector s{selector};
    if (s.null()) return false;
    f = read_descriptor(guest, selector, d);
    if (f) {
        if (f.vector == i16(isa::Vector::GP)) f = {};  // outside the table: no fault, ZF = 0
        return false;
    }
    const u8 cpl = virtual_cpl(frame), least = s.rpl() > cpl ? s.rpl() : cpl;
    return d.conforming() || d.dpl() >= least;
}

void set_zero_flag(TrapFrame& frame, bool on) {
    frame.eflags = u32(on ? frame.eflags | isa::flags::ZF : frame.eflags & ~isa::flags::ZF);
}

/// SDM 2A "LAR", table "Segment and Gate Types".
bool lar_knows(const Descriptor& d) {
    return d.segment() || d.is(SystemType::Tss16Available) || d.is(SystemType::Ldt) ||
           d.is(SystemType::Tss16Busy) || d.is(SystemType::CallGate16) ||
           d.is(SystemType::TaskGate) || d.is(SystemType::TssAvailable) ||
           d.is(SystemType::TssBusy) || d.is(SystemType::CallGate);
}
/// SDM 2A "LSL", the same table: gates have no limit.
bool lsl_knows(const Descriptor& d) {
    return d.segment() || d.is(SystemType::Tss16Available) || d.is(SystemType::Ldt) ||
           d.is(SystemType::Tss16Busy) || d.is(SystemType::TssAvailable) ||
           d.is(SystemType::TssBusy);
}

Fault lar_or_lsl(Guest& guest, TrapFrame& frame, const Insn& insn, bool limit) {
    u16 selector = 0;
    Fault f = read_rm16(guest, frame, insn, selector);
    if (f) return f;
    Descriptor d;
    const bool visible =
        visible_descriptor(guest, frame, selector, d, f) && (limit ? lsl_knows(d) : lar_knows(d));
    if (f) return f;
    set_zero_flag(frame, visible);
    constexpr u32 access_rights = 0x00f0ff00;
    if (visible)
        set_register(frame, insn.reg(), limit ? d.limit() : u32(d.raw >> 32) & access_rights,
                     operand_bytes(insn));
    return {};
}

Fault verr_or_verw(Guest& guest, TrapFrame& frame, const Insn& insn, bool write) {
    u16 selector = 0;
    Fault f = read_rm16(guest, frame, insn, selector);
    if (f) return f;
    Descriptor d;
    const bool visible = visible_descriptor(guest, frame, selector, d, f) && d.segment();
    if (f) return f;
    set_zero_flag(frame, visible && (write ? d.writable() : d.readable()));
    return {};
}

// ---- segment registers

u16 shown_selector(const Guest& guest, const TrapFrame& frame, unsigned n) {
    TrapFrame copy = frame;
    return guest.descriptors.guests(copy.segment(n));
}

Fault group_0f00(Guest& guest, TrapFrame& frame, const Insn& insn, bool& known) {
    switch (insn.reg()) {
        case 0: return store_word(guest, frame, insn, guest.cpu.ldtr.selector);
        case 1: return store_word(guest, frame, insn, guest.cpu.tr.selector);
        case 4: return verr_or_verw(guest, frame, insn, false);
        case 5: return verr_or_verw(guest, frame, insn, true);
        default: return known = false, Fault{};
    }
}

Fault group_0f01(Guest& guest, TrapFrame& frame, const Insn& insn, bool& known) {
    if (insn.reg() == 4) return smsw(guest, frame, insn);
    if (insn.memory_operand() && insn.reg() == 0)
        return store_table(guest, frame, insn, guest.cpu.gdtr);
    if (insn.memory_operand() && insn.reg() == 1)
        return store_table(guest, frame, insn, guest.cpu.idtr);
    return known = false, Fault{};
}

Fault push_segment(Guest& guest, TrapFrame& frame, const Insn& insn, unsigned n) {
    return push_value(guest, frame, shown_selector(guest, frame, n), operand_bytes(insn));
}

}  // namespace

EmulationResult emulate_sensitive(Guest& guest, TrapFrame& frame, const Insn& insn) {
    enum Register : unsigned { es, cs, ss, ds, fs, gs };
    bool known = true;
    Fault f;
    if (insn.map == Map::OneByte) {
        switch (insn.opcode) {
            case 0x06: f = push_segment(guest, frame, insn, es); break;
            case 0x0e: f = push_segment(guest, frame, insn, cs); break;
            case 0x16: f = push_segment(guest, frame, insn, ss); break;
            case 0x1e: f = push_segment(guest, frame, insn, ds); break;
            case 0x8c:
                f = store_word(guest, frame, insn, shown_selector(guest, frame, insn.reg()));
                break;
            case 0x9c: f = pushf(guest, frame, insn); break;
            case 0x9d: f = popf(guest, frame, insn); break;
            default: known = false;
        }
    } else if (insn.map == Map::Map0F) {
        switch (insn.opcode) {
            case 0x00: f = group_0f00(guest, frame, insn, known); break;
            case 0x01: f = group_0f01(guest, frame, insn, known); break;
            case 0x02: f = lar_or_lsl(guest, frame, insn, false); break;
            case 0x03: f = lar_or_lsl(guest, frame, insn, true); break;
            case 0xa0: f = push_segment(guest, frame, insn, fs); break;
            case 0xa8: f = push_segment(guest, frame, insn, gs); break;
            default: known = false;
        }
    } else {
        known = false;
    }
    return known ? finish(frame, insn, f) : not_handled;
}

EmulationResult emulate_branch(Guest& guest, TrapFrame& frame, const Insn& insn) {
    const u32 bytes = operand_bytes(insn), next = frame.eip + insn.length;
    u32 target = 0;
    Fault f;
    switch (insn.cls) {
        case Class::Ret: f = read_top(guest, frame, target, bytes); break;
        case Class::DirectCall: target = insn.target(frame.eip); break;
        case Class::IndirectJump:
        case Class::IndirectCall:
            if (insn.memory_operand())
                f = read_memory(guest, frame, memory_operand(frame, insn), &target, bytes);
            else
                target = frame.general(insn.rm()) & (bytes == 2 ? 0xffff : ~0u);
            break;
        default: return not_handled;
    }
    const bool call = insn.cls == Class::DirectCall || insn.cls == Class::IndirectCall;
    if (!f && call) f = push_value(guest, frame, next, bytes);
    if (f) return finish_jump(f);
    if (insn.cls == Class::Ret)
        frame.esp += bytes + (insn.immediate_size ? insn.immediate() & 0xffff : 0);
    frame.eip = target;
    return finish_jump({});
}

}  // namespace ringside::vmm
