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

/// The shape's width is the source's; the destination is wider.
template <class F>
void MOVZX(Exec& x, const Insn& i) {
    x.set_reg(i.reg0, i.width, x.read<F, 1>(i));
}
template <class F>
void MOVSX(Exec& x, const Insn& i) {
    x.set_reg(i.reg0, i.width, sign_extend(x.read<F, 1>(i), F::width));
}
template <class Make>
Handler by_source(const Insn& i, Make make) {
    Insn source = i;
    source.width = i.source_width;
    return by_fast_shape<Fast{.memory = Memory::Read}, Form::RR, Form::RM>(source, make);
}

void BSWAP(Exec& x, const Insn& i) {
    const u64 value = x.r->gpr[i.reg0];
    switch (i.width) {
        case 8: return x.set_reg<8>(i.reg0, __builtin_bswap64(value));
        case 4: return x.set_reg<4>(i.reg0, __builtin_bswap32(u32(value)));
        default: return x.set_reg<2>(i.reg0, 0);  // undefined; silicon stores 0
    }
}

template <class F>
void LEA(Exec& x, const Insn& i) {
    x.set_reg<F::width>(i.reg0, x.address(i));
}

void XLAT(Exec& x, const Insn& i) {
    const u64 at = (x.r->gpr[BX] + x.reg<1>(AX)) & width_mask(i.address_size);
    x.set_reg<1>(AX, x.load<1>(i.segment, at));
}

template <class F, u8 code>
void CMOVcc(Exec& x, const Insn& i) {
    const u64 value = x.read<F, 1>(i);  // read, and faulting, whether or not the condition holds
    x.write<F, 0>(i, x.holds(code) ? value : x.read<F, 0>(i));
}

template <class F, u8 code>
void SETcc(Exec& x, const Insn& i) {
    x.write<F, 0>(i, x.holds(code));
}

template <class F>
void MOVBE(Exec& x, const Insn& i) {
    const u64 value = x.read<F, 1>(i);
    x.write<F, 0>(i, __builtin_bswap64(value) >> (64 - 8 * F::width));
}

constexpr Binding table[] = {
    {isa::Op::MOV,
     [](const Insn& i) {
         if (Handler h = by_fast_shape<Fast{.memory = Memory::Read}, Form::RR, Form::RM, Form::RI>(
                 i, []<class F>() { return Handler(MOV<F>); }))
             return h;
         return by_fast_shape<Fast{}, Form::MR, Form::MI>(
             i, []<class F>() { return Handler(MOV<F>); });
     }},
    {isa::Op::XCHG,
     [](const Insn& i) {
         const auto make = []<class F>() { return Handler(XCHG<F>); };
         if (i.form == Form::RM) return by_shape<Form::RM>(i, make);  // both are written
         return by_fast_shape<Fast{}, Form::RR, Form::MR>(i, make);
     }},
    {isa::Op::MOVZX,
     [](const Insn& i) { return by_source(i, []<class F>() { return Handler(MOVZX<F>); }); }},
    {isa::Op::MOVSX,
     [](const Insn& i) { return by_source(i, []<class F>() { return Handler(MOVSX<F>); }); }},
    {isa::Op::MOVSXD,
     [](const Insn& i) { return by_source(i, []<class F>() { return Handler(MOVSX<F>); }); }},
    {isa::Op::BSWAP, [](const Insn&) { return quick<BSWAP>; }},
    {isa::Op::LEA,
     [](const Insn& i) {
         return by_fast_shape<Fast{.memory = Memory::AddressOnly}, Form::RM>(
             i, []<class F>() { return Handler(LEA<F>); });
     }},
    {isa::Op::XLAT, [](const Insn&) -> Handler { return XLAT; }},
    {isa::Op::CMOVcc,
     [](const Insn& i) {
         return by_condition(i, []<u8 code>(const Insn& insn) {
             return by_fast_shape<Fast{.memory = Memory::Read}, Form::RR, Form::RM>(
                 insn, []<class F>() { return Handler(CMOVcc<F, code>); });
         });
     }},
    {isa::Op::SETcc,
     [](const Insn& i) {
         return by_condition(i, []<u8 code>(const Insn& insn) {
             return by_fast_shape<Fast{}, Form::R, Form::M>(
                 insn, []<class F>() { return Handler(SETcc<F, code>); });
         });
     }},
    {isa::Op::MOVBE,
     [](const Insn& i) {
         return by_shape<Form::RM, Form::MR>(i, []<class F>() { return Handler(MOVBE<F>); });
     }},
};

}  // namespace

std::span<const Binding> movement() { return table; }

}  // namespace ringside::cpu::ops
