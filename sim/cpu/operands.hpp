// Operands by shape: width and form are template parameters, chosen once at decode time.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

template <unsigned Width, decode::Form F>
struct Shape {
    static constexpr unsigned width = Width;
    static constexpr decode::Form form = F;
};

/// What operand `n` of a form is: 'R', 'M', 'I', or '-' where there is none.
constexpr char operand_kind(decode::Form form, unsigned n) {
    using enum decode::Form;
    constexpr struct {
        decode::Form form;
        const char* kinds;
    } table[] = {
        {R, "R--"},   {M, "M--"},   {I, "I--"},   {RR, "RR-"},  {RM, "RM-"},
        {MR, "MR-"},  {RI, "RI-"},  {MI, "MI-"},  {RRI, "RRI"}, {RMI, "RMI"},
        {RRR, "RRR"}, {MRR, "MRR"}, {MRI, "MRI"}, {IR, "IR-"},
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

template <class F, unsigned N>
u64 Exec::read(const decode::Insn& i) {
    constexpr char kind = operand_kind(F::form, N);
    static_assert(kind != '-');
    if constexpr (kind == 'R')
        return reg<F::width>(register_place(F::form, N) == 0 ? i.reg0 : i.reg1);
    if constexpr (kind == 'M') return load<F::width>(i.segment, address(i));
    return u64(i.immediate) & width_mask(F::width);
}

template <class F, unsigned N>
void Exec::write(const decode::Insn& i, u64 value) {
    constexpr char kind = operand_kind(F::form, N);
    static_assert(kind == 'R' || kind == 'M');
    if constexpr (kind == 'R')
        set_reg<F::width>(register_place(F::form, N) == 0 ? i.reg0 : i.reg1, value);
    if constexpr (kind == 'M') store<F::width>(i.segment, address(i), value);
}

template <class F, unsigned N>
u64 Exec::modify(const decode::Insn& i) {
    if constexpr (operand_kind(F::form, N) == 'M') probe_write(i.segment, address(i), F::width);
    return read<F, N>(i);
}

}  // namespace ringside::cpu
