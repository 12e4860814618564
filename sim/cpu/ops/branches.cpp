// Near control flow. SDM 2A-2B "JMP", "Jcc", "LOOP/LOOPcc", "CALL", "RET", "BOUND", "NOP", "UD";
// SDM 2B "RSM" outside SMM, SDM 2D "GETSEC" without CR4.SMXE: as UD.
#include <array>
#include <utility>

#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;

template <class F>
void JMP(Exec& x, const Insn& i) {
    x.jump<F>(x.r->rip + u64(i.immediate));
}
template <class F>
void JMP_indirect(Exec& x, const Insn& i) {
    x.jump<F>(x.read<F, 0>(i));
}

template <class F, u8 code>
void Jcc(Exec& x, const Insn& i) {
    if (x.holds(code)) JMP<F>(x, i);
}

u64 count(Exec& x, const Insn& i) { return x.r->gpr[CX] & width_mask(i.address_size); }
void JCXZ(Exec& x, const Insn& i) {
    if (count(x, i) == 0) x.jump(x.r->rip + u64(i.immediate), i.operand_size);
}
/// The jump comes first: if it faults, (E)CX must not have changed.
template <class Condition>
void loop(Exec& x, const Insn& i, Condition also) {
    const u64 left = (count(x, i) - 1) & width_mask(i.address_size);
    if (left != 0 && also(x)) x.jump(x.r->rip + u64(i.immediate), i.operand_size);
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
template <class F>
void call_to(Exec& x, u64 target) {
    const u64 back = x.r->rip;
    x.jump<F>(target);
    x.push<F>(back);
}
template <class F>
void CALL(Exec& x, const Insn& i) {
    call_to<F>(x, x.r->rip + u64(i.immediate));
}
template <class F>
void CALL_indirect(Exec& x, const Insn& i) {
    call_to<F>(x, x.read<F, 0>(i));
}
template <class F>
void RET(Exec& x, const Insn& i) {
    x.jump<F>(x.peek_stack<F>(x.stack_pointer()));
    const u64 released = i.form == Form::I ? u64(i.immediate) & 0xffff : 0;
    x.set_stack_pointer(x.stack_pointer() + F::width + released);
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
void UD(Exec& x, const Insn&) { x.fault(isa::Vector::UD); }
/// CLFLUSH, CLFLUSHOPT, CLWB: caches have no contents of their own here, so nothing is written
/// back; the operand is checked as a load is. SDM 2A "CLFLUSH".
void CLFLUSH(Exec& x, const Insn& i) { x.load<1>(i.segment, x.address(i)); }

// --- bindings: by operand size, which is not the width of any operand ---------------------------

template <class F>
u64 in_operand(Exec& x, const Insn& i) {
    return x.read<F, 0>(i);
}
template <class F>
u64 on_stack(Exec& x, const Insn&) {
    return x.peek_stack<F>(0);
}

/// LOOP and its like: CX changes only where the link is taken.
template <class Condition>
const BoundInsn* fast_loop(Exec& x, const BoundInsn* i) {
    const u64 left = (count(x, i->insn) - 1) & width_mask(i->insn.address_size);
    const Link& link = i->block->links[left != 0 && Condition{}(x)];
    if (!threaded::holds(x, link)) [[unlikely]]
        return threaded::branch_slowly(x, i);
    x.set_reg(CX, i->insn.address_size, left);
    return threaded::go(x, link, i);
}
template <Body body, class Condition>
Handler pick_loop(const Insn& i, Condition) {
    return i.operand_size == 2 ? Handler(body) : Handler(body, fast_loop<Condition>);
}

/// Calls `quick.operator()<width>()`. 16-bit operands cut the instruction pointer: `plain` only.
template <class Plain, class Quick>
Handler by_operand_size(const Insn& i, Plain plain, Quick quick_way) {
    switch (i.operand_size) {
        case 2: return plain();
        case 8: return quick_way.template operator()<8>();
        default: return quick_way.template operator()<4>();
    }
}
/// `Make` gives the plain body, `Condition` says when it jumps.
template <class Condition, class Make>
Handler relative(const Insn& i, Make, Condition) {
    using binding_detail::body_of;
    return by_operand_size(
        i, [] { return Handler(body_of<Make, Shape<2, Form::I>>); },
        []<unsigned width> {
            return Handler(body_of<Make, Shape<width, Form::I>>, threaded::fast_branch<Condition>);
        });
}
template <Form form, Stack stack, class Make>
Handler indirect(const Insn& i, Make) {
    using binding_detail::body_of;
    return by_operand_size(
        i, [] { return Handler(body_of<Make, Shape<2, form>>); },
        []<unsigned width> {
            using Quick =
                Shape<width, form, Path{.fast = true, .memory = Memory::Read, .stack = stack}>;
            constexpr auto target = [] {
                if constexpr (stack == Stack::Pop)
                    return on_stack<Quick>;
                else
                    return in_operand<Quick>;
            }();
            return Handler(body_of<Make, Shape<width, form>>,
                           threaded::fast_jump<Quick, body_of<Make, Quick>, target>);
        });
}

Handler pick_JMP(const Insn& i) {
    const auto through = []<class F>() { return Handler(JMP_indirect<F>); };
    switch (i.form) {
        case Form::R: return indirect<Form::R, Stack::None>(i, through);
        case Form::M: return indirect<Form::M, Stack::None>(i, through);
        default:
            return relative(
                i, []<class F>() { return Handler(JMP<F>); }, [](Exec&) { return true; });
    }
}
Handler pick_CALL(const Insn& i) {
    const auto through = []<class F>() { return Handler(CALL_indirect<F>); };
    switch (i.form) {
        case Form::R: return indirect<Form::R, Stack::Push>(i, through);
        case Form::M: return indirect<Form::M, Stack::Push>(i, through);
        default:
            return by_operand_size(
                i, [] { return Handler(CALL<Shape<2, Form::I>>); },
                []<unsigned width> {
                    using Quick = Shape<width, Form::I, Path{.fast = true, .stack = Stack::Push}>;
                    return Handler(CALL<Shape<width, Form::I>>, threaded::fast_call<Quick>);
                });
    }
}
Handler pick_RET(const Insn& i) {
    return indirect<Form::None, Stack::Pop>(i, []<class F>() { return Handler(RET<F>); });
}
Handler pick_Jcc(const Insn& i) {
    return by_condition(i, []<u8 code>(const Insn& insn) {
        return relative(
            insn, []<class F>() { return Handler(Jcc<F, code>); },
            [](const Exec& x) { return x.holds(code); });
    });
}

constexpr Binding table[] = {
    {isa::Op::JMP, pick_JMP},
    {isa::Op::Jcc, pick_Jcc},
    {isa::Op::JCXZ, [](const Insn&) -> Handler { return JCXZ; }},
    {isa::Op::LOOP,
     [](const Insn& i) { return pick_loop<LOOP>(i, [](const Exec&) { return true; }); }},
    {isa::Op::LOOPE,
     [](const Insn& i) { return pick_loop<LOOPE>(i, [](const Exec& x) { return x.holds(4); }); }},
    {isa::Op::LOOPNE,
     [](const Insn& i) { return pick_loop<LOOPNE>(i, [](const Exec& x) { return x.holds(5); }); }},
    {isa::Op::CALL, pick_CALL},
    {isa::Op::RET, pick_RET},
    {isa::Op::BOUND,
     [](const Insn& i) {
         return by_shape<Form::RM>(i, []<class F>() { return Handler(BOUND<F>); });
     }},
    {isa::Op::NOP, [](const Insn&) { return quick<NOP>; }},
    {isa::Op::PAUSE, [](const Insn&) { return quick<NOP>; }},
    {isa::Op::FENCE, [](const Insn&) { return quick<NOP>; }},
    {isa::Op::PREFETCH, [](const Insn&) { return quick<NOP>; }},
    {isa::Op::CLFLUSH, [](const Insn&) -> Handler { return CLFLUSH; }},
    {isa::Op::UD0, [](const Insn&) -> Handler { return UD; }},
    {isa::Op::UD1, [](const Insn&) -> Handler { return UD; }},
    {isa::Op::UD2, [](const Insn&) -> Handler { return UD; }},
    {isa::Op::RSM, [](const Insn&) -> Handler { return UD; }},
    {isa::Op::GETSEC, [](const Insn&) -> Handler { return UD; }},
};

}  // namespace

std::span<const Binding> branches() { return table; }

}  // namespace ringside::cpu::ops
