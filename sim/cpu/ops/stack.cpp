// The stack. SDM 2B "PUSH", "POP", "PUSHA/PUSHAD", "POPA/POPAD"; SDM 2A "ENTER", "LEAVE".
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

template <class F>
void PUSH(Exec& x, const Insn& i) {
    x.push<F>(x.read<F, 0>(i));  // PUSH ESP pushes the old value: it is read first
}

template <class F>
void POP(Exec& x, const Insn& i) {
    if constexpr (operand_kind(F::form, 0) == 'M') {
        // SDM 2B "POP": an address that uses ESP is computed after ESP was raised; if the store
        // then faults, ESP stays as it was.
        const u64 old = x.r->gpr[SP];
        const u64 value = x.pop(F::width);
        x.write<F, 0>(i, value);
        if (x.faulted()) x.s.regs.gpr[SP] = old;
    } else {
        x.write<F, 0>(i, x.pop<F>());
    }
}

void PUSHA(Exec& x, const Insn& i) {
    const unsigned w = i.operand_size;
    const u64 top = (x.stack_pointer() - 8 * w) & width_mask(x.stack_size());
    // Pushed from the highest address down: so is what faults first.
    for (unsigned n = 0; n < 8; ++n)
        x.probe_write(decode::SS, (top + (7 - n) * w) & width_mask(x.stack_size()), w);
    const u64 old_sp = x.r->gpr[SP];
    for (unsigned n = 0; n < 8; ++n) {
        const u64 value = n == SP ? old_sp : x.r->gpr[n];
        x.store(decode::SS, (top + (7 - n) * w) & width_mask(x.stack_size()), w,
                value & width_mask(w));
    }
    x.set_stack_pointer(top);
}
void POPA(Exec& x, const Insn& i) {
    const unsigned w = i.operand_size;
    const u64 mask = width_mask(x.stack_size()), top = x.stack_pointer();
    std::array<u64, 8> values{};
    // Popped from the lowest address up: so is what faults first.
    for (unsigned n = 8; n-- > 0;) values[n] = x.load(decode::SS, (top + (7 - n) * w) & mask, w);
    if (x.faulted()) return;
    for (unsigned n = 0; n < 8; ++n)
        if (n != SP) x.set_reg(u8(n), w, values[n]);
    x.set_stack_pointer(top + 8 * w);
}

void ENTER(Exec& x, const Insn& i) {
    const unsigned w = i.operand_size;
    const unsigned level = i.immediate2 & 31;
    const u64 mask = width_mask(x.stack_size());
    const u64 old_sp = x.r->gpr[SP];
    x.push(x.reg(BP, w), w);
    const u64 frame = x.stack_pointer();
    u64 link = x.r->gpr[BP];
    for (unsigned n = 1; n < level; ++n) {
        link = (link - w) & mask;
        x.push(x.load(decode::SS, link, w), w);
    }
    if (level > 0) x.push(frame, w);
    const u64 top = (x.stack_pointer() - (u64(i.immediate) & 0xffff)) & mask;
    x.probe_write(decode::SS, top, w);  // SDM 2A "ENTER": the new top must be writable
    if (x.faulted()) {
        x.s.regs.gpr[SP] = old_sp;
        return;
    }
    x.set_reg(BP, w, frame);
    x.set_stack_pointer(top);
}
template <class F>
void LEAVE(Exec& x, const Insn&) {
    const u64 frame = x.r->gpr[BP] & width_mask(x.stack_size());
    const u64 value = x.peek_stack<F>(frame);
    x.set_stack_pointer(frame + F::width);
    x.set_reg<F::width>(BP, value);
}

constexpr Binding table[] = {
    {isa::Op::PUSH,
     [](const Insn& i) {
         return by_fast_shape<Fast{.memory = Memory::Read, .stack = Stack::Push}, Form::R, Form::M,
                              Form::I>(i, []<class F>() { return Handler(PUSH<F>); });
     }},
    {isa::Op::POP,
     [](const Insn& i) {
         if (i.form == Form::M)
             return by_shape<Form::M>(i, []<class F>() { return Handler(POP<F>); });
         return by_fast_shape<Fast{.stack = Stack::Pop}, Form::R>(
             i, []<class F>() { return Handler(POP<F>); });
     }},
    {isa::Op::PUSHA, [](const Insn&) -> Handler { return PUSHA; }},
    {isa::Op::POPA, [](const Insn&) -> Handler { return POPA; }},
    {isa::Op::ENTER, [](const Insn&) -> Handler { return ENTER; }},
    {isa::Op::LEAVE,
     [](const Insn& i) {
         return by_fast_shape<Fast{.stack = Stack::Frame}, Form::None>(
             i, []<class F>() { return Handler(LEAVE<F>); });
     }},
};

}  // namespace

std::span<const Binding> stack() { return table; }

}  // namespace ringside::cpu::ops
