// Operands by shape: width and form are template parameters, chosen once at decode time.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// What an instruction does with its memory operand and with the stack.
enum class Memory : u8 { AddressOnly, Read, Write };
enum class Stack : u8 { None, Push, Pop, Frame };

/// How a body is compiled. The plain way may fault and miss anywhere. The fast way is taken when
/// host addresses of all that is touched are known beforehand, so that nothing can go wrong.
struct Path {
    bool fast = false;
    Memory memory = Memory::Write;
    Stack stack = Stack::None;
    FlagsRead status = FlagsRead::All;
};

template <unsigned Width, decode::Form F, Path P = Path{}>
struct Shape {
    static constexpr unsigned width = Width;
    static constexpr decode::Form form = F;
    static constexpr Path path = P;
    static constexpr bool fast = P.fast;
    static constexpr FlagsRead status = P.status;
};

/// What operand `n` of a form is: 'R', 'M', 'I', or '-' where there is none.
constexpr char operand_kind(decode::Form form, unsigned n) {
    using enum decode::Form;
    constexpr struct {
        decode::Form form;
        const char* kinds;
    } table[] = {
        {R, "R--"},   {M, "M--"},   {I, "I--"},   {RR, "RR-"},  {RM, "RM-"},  {MR, "MR-"},
        {RI, "RI-"},  {MI, "MI-"},  {RRI, "RRI"}, {RMI, "RMI"}, {RRR, "RRR"}, {RRM, "RRM"},
        {RMR, "RMR"}, {MRR, "MRR"}, {MRI, "MRI"}, {IR, "IR-"},
    };
    for (const auto& row : table)
        if (row.form == form) return row.kinds[n];
    return '-';
}

/// Register operands are numbered among themselves: in MR, operand 1 is reg0.
constexpr unsigned register_place(decode::Form form, unsigned n) {
    unsigned place = 0;
    for (unsigned i = 0; i < n; ++i) place += operand_kind(form, i) == 'R';
    return place;
}

constexpr bool has_memory(decode::Form form) {
    return operand_kind(form, 0) == 'M' || operand_kind(form, 1) == 'M' ||
           operand_kind(form, 2) == 'M';
}

/// The number of the register that is operand `N`.
template <class F, unsigned N>
constexpr u8 register_operand(const decode::Insn& i) {
    constexpr unsigned place = register_place(F::form, N);
    return place == 0 ? i.reg0 : place == 1 ? i.reg1 : i.reg2;
}

template <class F, unsigned N>
u64 Exec::read(const decode::Insn& i) {
    constexpr char kind = operand_kind(F::form, N);
    static_assert(kind != '-');
    if constexpr (kind == 'R') return reg<F::width>(register_operand<F, N>(i));
    if constexpr (kind == 'M' && F::fast) return host_value<F::width>(operand);
    if constexpr (kind == 'M') return load<F::width>(i.segment, address(i));
    return u64(i.immediate) & width_mask(F::width);
}

template <class F, unsigned N>
void Exec::write(const decode::Insn& i, u64 value) {
    constexpr char kind = operand_kind(F::form, N);
    static_assert(kind == 'R' || kind == 'M');
    if constexpr (kind == 'R') {
        set_reg<F::width>(register_operand<F, N>(i), value);
    } else if constexpr (F::fast) {
        static_assert(F::path.memory == Memory::Write, "looked up for reading only");
        std::memcpy(operand, &value, F::width);
    } else {
        store<F::width>(i.segment, address(i), value);
    }
}

template <class F, unsigned N>
u64 Exec::modify(const decode::Insn& i) {
    if constexpr (operand_kind(F::form, N) == 'M' && !F::fast)
        probe_write(i.segment, address(i), F::width);
    return read<F, N>(i);
}

template <class F>
void Exec::push(u64 value) {
    if constexpr (F::fast) {
        std::memcpy(stack_slot, &value, F::width);
        set_stack_pointer(stack_pointer() - F::width);
    } else {
        push(value, F::width);
    }
}

template <class F>
u64 Exec::peek_stack(u64 offset) {
    if constexpr (F::fast) return host_value<F::width>(stack_slot);
    return load<F::width>(decode::SS, offset);
}

template <class F>
u64 Exec::pop() {
    const u64 value = peek_stack<F>(stack_pointer());
    set_stack_pointer(stack_pointer() + F::width);
    return value;
}

}  // namespace ringside::cpu
