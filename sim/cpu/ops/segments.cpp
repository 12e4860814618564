// Segment registers and looks at descriptors. SDM 2 "MOV", "PUSH", "POP", "LDS/LES/LFS/LGS/LSS",
// "LAR", "LSL", "VERR/VERW", "ARPL".
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/ops/binding.hpp"
#include "sim/cpu/segmentation.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;
using decode::Seg;
using isa::Descriptor;
using isa::Selector;
using isa::SystemType;
using isa::Vector;

/// A 16-bit operand that is a register or memory, as the whole group has it.
u64 selector_operand(Exec& x, const Insn& i, u8 reg) {
    return i.has_memory() ? x.load<2>(i.segment, x.address(i)) : x.reg<2>(reg);
}

/// Memory gets 16 bits, a wider register is zero-extended.
void MOV_FROM_SREG_to_memory(Exec& x, const Insn& i) {
    x.store<2>(i.segment, x.address(i), x.s.seg[i.reg0].selector);
}
void MOV_FROM_SREG(Exec& x, const Insn& i) { x.set_reg(i.reg0, i.width, x.s.seg[i.reg1].selector); }
void after_stack_load(Exec& x, Seg seg) {
    if (seg == decode::SS && !x.faulted()) x.hold_interrupts(Shadow::MovSs);
}
void MOV_TO_SREG(Exec& x, const Insn& i) {
    const Seg seg = Seg(i.reg0);
    if (seg == decode::CS) return x.fault(Vector::UD);
    load_segment(x, seg, u16(selector_operand(x, i, i.reg1)));
    after_stack_load(x, seg);
}
/// SDM 2B "PUSH": whatever the operand size, recent processors write the 16 bits of the selector
/// and leave the rest of its place on the stack as it was.
template <class F>
void PUSH_SREG(Exec& x, const Insn& i) {
    const u16 selector = x.s.seg[i.reg0].selector;
    const u64 top = (x.stack_pointer() - F::width) & width_mask(x.stack_size());
    if constexpr (F::fast)
        std::memcpy(x.stack_slot, &selector, sizeof selector);
    else
        x.store<2>(decode::SS, top, selector);
    x.set_stack_pointer(top);
}
bool load_at_once(Exec& x, const Insn& i) {
    return load_data_segment_at_once(x, Seg(i.reg0), u16(x.reg<2>(i.reg1)));
}
bool pop_at_once(Exec& x, const Insn& i) {
    const u64 sp = x.stack_pointer();
    u8* slot;
    if (!x.host_for_read<2>(decode::SS, sp, slot)) return false;
    if (!load_data_segment_at_once(x, Seg(i.reg0), u16(Exec::host_value<2>(slot)))) return false;
    x.set_stack_pointer(sp + i.operand_size);
    return true;
}
bool is_data(u8 seg) { return seg != decode::CS && seg != decode::SS; }

void POP_SREG(Exec& x, const Insn& i) {
    const Seg seg = Seg(i.reg0);
    const u64 sp = x.stack_pointer();
    const u64 value = x.load<2>(decode::SS, sp);
    const unsigned size_before = x.stack_size();
    load_segment(x, seg, u16(value));
    x.set_reg(SP, size_before, sp + i.operand_size);
    after_stack_load(x, seg);
}
void LFAR(Exec& x, const Insn& i) {
    const u64 at = x.address(i), offset = x.load(i.segment, at, i.operand_size);
    const u16 selector = u16(x.load<2>(i.segment, at + i.operand_size));
    load_segment(x, Seg(i.condition), selector);
    x.set_reg(i.reg0, i.operand_size, offset);
}

/// May this CPL and RPL see the descriptor? SDM 3A "Checking Access Rights (LAR Instruction)".
bool visible(const Exec& x, Selector selector, Descriptor d) {
    return d.conforming() || (x.s.cpl <= d.dpl() && selector.rpl() <= d.dpl());
}
/// SDM 2A "LAR", "LSL": what they accept in IA-32e mode, where system descriptors have 16 bytes.
bool long_type(Descriptor d, bool gates) {
    return d.is(SystemType::Ldt) || d.is(SystemType::TssAvailable) || d.is(SystemType::TssBusy) ||
           (gates && d.is(SystemType::CallGate));
}
bool lar_type(const State& s, Descriptor d) {
    if (d.segment()) return true;
    if (s.long_mode()) return long_type(d, true);
    switch (SystemType(d.type())) {
        case SystemType::Tss16Available:
        case SystemType::Ldt:
        case SystemType::Tss16Busy:
        case SystemType::CallGate16:
        case SystemType::TaskGate:
        case SystemType::TssAvailable:
        case SystemType::TssBusy:
        case SystemType::CallGate: return true;
        default: return false;
    }
}
bool lsl_type(const State& s, Descriptor d) {
    if (d.segment()) return true;
    if (s.long_mode()) return long_type(d, false);
    switch (SystemType(d.type())) {
        case SystemType::Tss16Available:
        case SystemType::Ldt:
        case SystemType::Tss16Busy:
        case SystemType::TssAvailable:
        case SystemType::TssBusy: return true;
        default: return false;
    }
}

/// SDM 2B "LAR": bits 19:16, the limit's, are undefined; Intel's processors give them too.
constexpr u64 lar_mask = 0x00ffff00;

template <bool (*acceptable)(const State&, Descriptor)>
bool look_up(Exec& x, const Insn& i, Descriptor& d) {
    const Selector selector{u16(selector_operand(x, i, i.reg1))};
    if (!find_descriptor(x, selector, d) || !acceptable(x.s, d)) return false;
    isa::LongDescriptor whole;
    if (x.s.long_mode() && !d.segment() && !find_long_descriptor(x, selector, whole)) return false;
    return visible(x, selector, d);
}
bool not_in_real_mode(Exec& x) {
    if (!x.s.protected_mode() || x.s.v8086()) return x.fault(Vector::UD), false;
    return true;
}
void LAR(Exec& x, const Insn& i) {
    if (!not_in_real_mode(x)) return;
    Descriptor d;
    const bool found = look_up<lar_type>(x, i, d);
    x.set_flags(found ? fl::ZF : 0, fl::ZF);
    if (found) x.set_reg(i.reg0, i.width, (d.raw >> 32) & lar_mask & width_mask(i.width));
}
void LSL(Exec& x, const Insn& i) {
    if (!not_in_real_mode(x)) return;
    Descriptor d;
    const bool found = look_up<lsl_type>(x, i, d);
    x.set_flags(found ? fl::ZF : 0, fl::ZF);
    if (found) x.set_reg(i.reg0, i.width, d.limit());
}
void VERR(Exec& x, const Insn& i) {
    if (!not_in_real_mode(x)) return;
    const Selector selector{u16(selector_operand(x, i, i.reg0))};
    Descriptor d;
    const bool ok = find_descriptor(x, selector, d) && d.readable() && visible(x, selector, d);
    x.set_flags(ok ? fl::ZF : 0, fl::ZF);
}
void VERW(Exec& x, const Insn& i) {
    if (!not_in_real_mode(x)) return;
    const Selector selector{u16(selector_operand(x, i, i.reg0))};
    Descriptor d;
    const bool ok = find_descriptor(x, selector, d) && d.writable() && visible(x, selector, d);
    x.set_flags(ok ? fl::ZF : 0, fl::ZF);
}
template <class F>
void ARPL(Exec& x, const Insn& i) {
    if (!not_in_real_mode(x)) return;
    // Written only where it changes, as silicon does: a fault of looking is a read's.
    const u64 destination = x.read<F, 0>(i), source = x.read<F, 1>(i);
    const bool raise = (destination & 3) < (source & 3);
    if (raise) x.write<F, 0>(i, merge(destination, source, 3));
    x.set_flags(raise ? fl::ZF : 0, fl::ZF);
}

constexpr Binding table[] = {
    {isa::Op::MOV_FROM_SREG,
     [](const Insn& i) {
         return i.has_memory() ? Handler(MOV_FROM_SREG_to_memory) : quick<MOV_FROM_SREG>;
     }},
    {isa::Op::MOV_TO_SREG,
     [](const Insn& i) {
         const bool simple = is_data(i.reg0) && !i.has_memory();
         return simple ? Handler(MOV_TO_SREG, threaded::attempted<load_at_once>)
                       : Handler(MOV_TO_SREG);
     }},
    {isa::Op::PUSH_SREG,
     [](const Insn& i) {
         Insn pushed = i;
         pushed.width = i.operand_size;
         return by_fast_shape<Fast{.stack = Stack::Push}, Form::R>(
             pushed, []<class F>() { return Handler(PUSH_SREG<F>); });
     }},
    {isa::Op::POP_SREG,
     [](const Insn& i) {
         return is_data(i.reg0) ? Handler(POP_SREG, threaded::attempted<pop_at_once>)
                                : Handler(POP_SREG);
     }},
    {isa::Op::LFAR, [](const Insn&) -> Handler { return LFAR; }},
    {isa::Op::LAR, [](const Insn&) -> Handler { return LAR; }},
    {isa::Op::LSL, [](const Insn&) -> Handler { return LSL; }},
    {isa::Op::VERR, [](const Insn&) -> Handler { return VERR; }},
    {isa::Op::VERW, [](const Insn&) -> Handler { return VERW; }},
    {isa::Op::ARPL,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::MR>(i, []<class F>() { return Handler(ARPL<F>); });
     }},
};

}  // namespace

std::span<const Binding> segments() { return table; }

}  // namespace ringside::cpu::ops
