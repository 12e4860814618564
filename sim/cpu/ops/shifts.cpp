// Shifts and rotates. SDM 2B "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD".
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

using Operation = alu::Value (*)(unsigned, u64, unsigned, u64);
using DoubleOperation = alu::Value (*)(unsigned, u64, u64, unsigned, u64);

/// SDM 2B "SAL/SAR/SHL/SHR": the count is masked to 5 bits, to 6 with 64-bit operands.
template <class F>
unsigned count_of(Exec& x, const Insn& i) {
    return unsigned(i.count_is_cl ? x.reg<1>(CX) : u64(i.immediate)) & (F::width == 8 ? 63 : 31);
}

/// Shifts by a count other than 0 replace all flags: what was there need not be known.
template <class F, Operation operation>
constexpr bool replaces_flags = F::fast&& operand_kind(F::form, 1) == 'I' &&
                                (operation == alu::shl || operation == alu::shr ||
                                 operation == alu::sar);

template <class F, Operation operation>
void shift(Exec& x, const Insn& i) {
    const u64 flags = replaces_flags<F, operation> ? 0 : x.flags();
    const auto [value, status] = operation(F::width, x.modify<F, 0>(i), count_of<F>(x, i), flags);
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}

template <class F, DoubleOperation operation>
void double_shift(Exec& x, const Insn& i) {
    const auto [value, status] =
        operation(F::width, x.modify<F, 0>(i), x.read<F, 1>(i), count_of<F>(x, i), x.flags());
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}

template <Operation operation>
Handler pick(const Insn& i) {
    Handler h = by_fast_shape<Fast{.status = true}, Form::R, Form::M, Form::RI, Form::MI>(
        i, []<class F>() -> Handler { return shift<F, operation>; });
    const bool by_nothing = !i.count_is_cl && (i.immediate & (i.width == 8 ? 63 : 31)) == 0;
    return by_nothing ? Handler(h.body) : h;
}
template <DoubleOperation operation>
Handler pick_double(const Insn& i) {
    return by_shape<Form::RR, Form::MR, Form::RRI, Form::MRI>(
        i, []<class F>() -> Handler { return double_shift<F, operation>; });
}

constexpr Binding table[] = {
    {isa::Op::SHL, pick<alu::shl>},          {isa::Op::SHR, pick<alu::shr>},
    {isa::Op::SAR, pick<alu::sar>},          {isa::Op::ROL, pick<alu::rol>},
    {isa::Op::ROR, pick<alu::ror>},          {isa::Op::RCL, pick<alu::rcl>},
    {isa::Op::RCR, pick<alu::rcr>},          {isa::Op::SHLD, pick_double<alu::shld>},
    {isa::Op::SHRD, pick_double<alu::shrd>},
};

}  // namespace

std::span<const Binding> shifts() { return table; }

}  // namespace ringside::cpu::ops
