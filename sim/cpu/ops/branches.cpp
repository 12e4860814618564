// Near control flow. SDM 2A-2B "JMP", "Jcc", "LOOP/LOOPcc", "CALL", "RET", "BOUND", "NOP", "UD".
#include <array>
#include <utility>

#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;

void jump_relative(Exec& x, const Insn& i) { x.jump(x.r->rip + u64(i.immediate), i.operand_size); }

void JMP(Exec& x, const Insn& i) { jump_relative(x, i); }
template <class F>
void JMP_indirect(Exec& x, const Insn& i) {
    x.jump(x.read<F, 0>(i), i.operand_size);
}

template <u8 code>
void Jcc(Exec& x, const Insn& i) {
    if (alu::condition(code, x.r->flags)) jump_relative(x, i);
}
template <size_t... codes>
constexpr auto conditional_jumps(std::index_sequence<codes...>) {
    return std::array<Handler, sizeof...(codes)>{Jcc<u8(codes)>...};
}
constexpr auto jumps = conditional_jumps(std::make_index_sequence<16>());

u64 count(Exec& x, const Insn& i) { return x.r->gpr[CX] & width_mask(i.address_size); }
void JCXZ(Exec& x, const Insn& i) {
    if (count(x, i) == 0) jump_relative(x, i);
}
/// The jump comes first: if it faults, (E)CX must not have changed.
template <class Condition>
void loop(Exec& x, const Insn& i, Condition also) {
    const u64 left = (count(x, i) - 1) & width_mask(i.address_size);
    if (left != 0 && also(x)) jump_relative(x, i);
    x.set_reg(CX, i.address_size, left);
}
void LOOP(Exec& x, const Insn& i) {
    loop(x, i, [](Exec&) { return true; });
}
void LOOPE(Exec& x, const Insn& i) {
    loop(x, i, [](Exec& e) { return e.flag(fl::ZF); });
}
void LOOPNE(Exec& x, const Insn& i) {
    loop(x, i, [](Exec& e) { return !e.flag(fl::ZF); });
}

/// The jump comes first: a target outside the segment must leave the stack alone.
void call_to(Exec& x, u64 target, unsigned size) {
    const u64 back = x.r->rip;
    x.jump(target, size);
    x.push(back, size);
}
void CALL(Exec& x, const Insn& i) { call_to(x, x.r->rip + u64(i.immediate), i.operand_size); }
template <class F>
void CALL_indirect(Exec& x, const Insn& i) {
    call_to(x, x.read<F, 0>(i), i.operand_size);
}
void RET(Exec& x, const Insn& i) {
    const u64 target = x.load(decode::SS, x.stack_pointer(), i.operand_size);
    x.jump(target, i.operand_size);
    const u64 released = i.form == Form::I ? u64(i.immediate) & 0xffff : 0;
    x.set_stack_pointer(x.stack_pointer() + i.operand_size + released);
}

template <class F>
void BOUND(Exec& x, const Insn& i) {
    const i64 index = i64(sign_extend(x.read<F, 0>(i), F::width));
    const u64 at = x.address(i);
    const i64 low = i64(sign_extend(x.load<F::width>(i.segment, at), F::width));
    const i64 high = i64(sign_extend(x.load<F::width>(i.segment, at + F::width), F::width));
    if (index < low || index > high) x.fault(isa::Vector::BR);
}

void NOP(Exec&, const Insn&) {}
void UD2(Exec& x, const Insn&) { x.fault(isa::Vector::UD); }

constexpr Binding table[] = {
    {isa::Op::JMP,
     [](const Insn& i) {
         if (i.form == Form::I) return Handler(JMP);
         return by_shape<Form::R, Form::M>(i, []<class F>() -> Handler { return JMP_indirect<F>; });
     }},
    {isa::Op::Jcc, [](const Insn& i) { return jumps[i.condition]; }},
    {isa::Op::JCXZ, [](const Insn&) -> Handler { return JCXZ; }},
    {isa::Op::LOOP, [](const Insn&) -> Handler { return LOOP; }},
    {isa::Op::LOOPE, [](const Insn&) -> Handler { return LOOPE; }},
    {isa::Op::LOOPNE, [](const Insn&) -> Handler { return LOOPNE; }},
    {isa::Op::CALL,
     [](const Insn& i) {
         if (i.form == Form::I) return Handler(CALL);
         return by_shape<Form::R, Form::M>(i,
                                           []<class F>() -> Handler { return CALL_indirect<F>; });
     }},
    {isa::Op::RET, [](const Insn&) -> Handler { return RET; }},
    {isa::Op::BOUND,
     [](const Insn& i) {
         return by_shape<Form::RM>(i, []<class F>() -> Handler { return BOUND<F>; });
     }},
    {isa::Op::NOP, [](const Insn&) -> Handler { return NOP; }},
    {isa::Op::PAUSE, [](const Insn&) -> Handler { return NOP; }},
    {isa::Op::FENCE, [](const Insn&) -> Handler { return NOP; }},
    {isa::Op::PREFETCH, [](const Insn&) -> Handler { return NOP; }},
    {isa::Op::UD2, [](const Insn&) -> Handler { return UD2; }},
};

}  // namespace

std::span<const Binding> branches() { return table; }

}  // namespace ringside::cpu::ops
