// Data movement. SDM 2A-2B: MOV, MOVZX, MOVSX/MOVSXD, XCHG, BSWAP, LEA, XLAT, CMOVcc, SETcc, MOVBE.
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

template <class F>
void MOV(Exec& x, const Insn& i) {
    x.write<F, 0>(i, x.read<F, 1>(i));
}

template <class F>
void XCHG(Exec& x, const Insn& i) {
    const u64 first = x.modify<F, 0>(i), second = x.modify<F, 1>(i);
    x.write<F, 0>(i, second);
    x.write<F, 1>(i, first);
}

/// The source is narrower than the destination: its width is not part of the shape.
u64 narrow_source(Exec& x, const Insn& i) {
    if (i.form == Form::RM) return x.load(i.segment, x.address(i), i.source_width);
    return i.source_width == 1 ? x.reg<1>(i.reg1) : x.reg(i.reg1, i.source_width);
}
void MOVZX(Exec& x, const Insn& i) { x.set_reg(i.reg0, i.width, narrow_source(x, i)); }
void MOVSX(Exec& x, const Insn& i) {
    x.set_reg(i.reg0, i.width, sign_extend(narrow_source(x, i), i.source_width));
}

void BSWAP(Exec& x, const Insn& i) {
    const u64 value = x.r->gpr[i.reg0];
    switch (i.width) {
        case 8: return x.set_reg<8>(i.reg0, __builtin_bswap64(value));
        case 4: return x.set_reg<4>(i.reg0, __builtin_bswap32(u32(value)));
        default: return x.set_reg<2>(i.reg0, 0);  // undefined; silicon stores 0
    }
}

void LEA(Exec& x, const Insn& i) { x.set_reg(i.reg0, i.width, x.address(i)); }

void XLAT(Exec& x, const Insn& i) {
    const u64 at = (x.r->gpr[BX] + x.reg<1>(AX)) & width_mask(i.address_size);
    x.set_reg<1>(AX, x.load<1>(i.segment, at));
}

template <class F>
void CMOVcc(Exec& x, const Insn& i) {
    const u64 value = x.read<F, 1>(i);  // read, and faulting, whether or not the condition holds
    x.write<F, 0>(i, alu::condition(i.condition, x.r->flags) ? value : x.read<F, 0>(i));
}

template <class F>
void SETcc(Exec& x, const Insn& i) {
    x.write<F, 0>(i, alu::condition(i.condition, x.r->flags));
}

template <class F>
void MOVBE(Exec& x, const Insn& i) {
    const u64 value = x.read<F, 1>(i);
    x.write<F, 0>(i, __builtin_bswap64(value) >> (64 - 8 * F::width));
}

constexpr Binding table[] = {
    {isa::Op::MOV,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM, Form::MR, Form::RI, Form::MI>(
             i, []<class F>() -> Handler { return MOV<F>; });
     }},
    {isa::Op::XCHG,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM, Form::MR>(
             i, []<class F>() -> Handler { return XCHG<F>; });
     }},
    {isa::Op::MOVZX, [](const Insn&) -> Handler { return MOVZX; }},
    {isa::Op::MOVSX, [](const Insn&) -> Handler { return MOVSX; }},
    {isa::Op::MOVSXD, [](const Insn&) -> Handler { return MOVSX; }},
    {isa::Op::BSWAP, [](const Insn&) -> Handler { return BSWAP; }},
    {isa::Op::LEA, [](const Insn&) -> Handler { return LEA; }},
    {isa::Op::XLAT, [](const Insn&) -> Handler { return XLAT; }},
    {isa::Op::CMOVcc,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM>(i, []<class F>() -> Handler { return CMOVcc<F>; });
     }},
    {isa::Op::SETcc,
     [](const Insn& i) {
         return by_shape<Form::R, Form::M>(i, []<class F>() -> Handler { return SETcc<F>; });
     }},
    {isa::Op::MOVBE,
     [](const Insn& i) {
         return by_shape<Form::RM, Form::MR>(i, []<class F>() -> Handler { return MOVBE<F>; });
     }},
};

}  // namespace

std::span<const Binding> movement() { return table; }

}  // namespace ringside::cpu::ops
