// Shifts and rotates. SDM 2B "SAL/SAR/SHL/SHR", "RCL/RCR/ROL/ROR", "SHLD", "SHRD".
#include <type_traits>

#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;
using Operation = alu::Value (*)(unsigned, u64, unsigned, u64);
using DoubleOperation = alu::Value (*)(unsigned, u64, u64, unsigned, u64);

/// SDM 2B "SAL/SAR/SHL/SHR": the count is masked to 5 bits, to 6 with 64-bit operands.
template <class F>
constexpr unsigned count_mask = F::width == 8 ? 63 : 31;

template <class F>
unsigned count_of(Exec& x, const Insn& i) {
    return unsigned(i.count_is_cl ? x.reg<1>(CX) : u64(i.immediate)) & count_mask<F>;
}

/// Told by type: under sanitizers g++ does not compare addresses of functions in constants.
template <Operation a, Operation... b>
constexpr bool is_one_of =
    (std::is_same_v<std::integral_constant<Operation, a>, std::integral_constant<Operation, b>> ||
     ...);

/// Which of the flags before can matter: to a rotation through CF, to what rotations and counts of
/// 0 leave alone. Fast shapes with an immediate count are bound for counts other than 0.
template <class F, Operation operation>
constexpr FlagsRead needed_flags() {
    const bool through_carry = is_one_of<operation, alu::rcl, alu::rcr>;
    if (F::status != FlagsRead::All) return through_carry ? FlagsRead::Carry : FlagsRead::None;
    const bool rotation = through_carry || is_one_of<operation, alu::rol, alu::ror>;
    return rotation || !F::fast || operand_kind(F::form, 1) != 'I' ? FlagsRead::All
                                                                   : FlagsRead::None;
}

template <FlagsRead which>
u64 old_flags(Exec& x) {
    if constexpr (which == FlagsRead::All) return x.flags();
    return which == FlagsRead::Carry && x.carry() ? fl::CF : 0;
}

template <class F, Operation operation>
void shift(Exec& x, const Insn& i) {
    constexpr bool by_immediate = operand_kind(F::form, 1) == 'I';
    const u64 flags = old_flags<needed_flags<F, operation>()>(x);
    const u64 before = x.modify<F, 0>(i);
    const unsigned count =
        F::fast && by_immediate ? unsigned(i.immediate) & count_mask<F> : count_of<F>(x, i);
    if constexpr (F::fast && by_immediate) {
        if (count == 0) __builtin_unreachable();
    }
    const auto [value, status] = operation(F::width, before, count, flags);
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
    constexpr Fast how{.status = true, .carry = true};
    Handler h = by_fast_shape<how, Form::R, Form::M, Form::RI, Form::MI>(
        i, []<class F>() { return Handler(shift<F, operation>); });
    const bool by_nothing = !i.count_is_cl && (i.immediate & (i.width == 8 ? 63 : 31)) == 0;
    return by_nothing ? Handler(h.body) : h;
}
template <DoubleOperation operation>
Handler pick_double(const Insn& i) {
    return by_shape<Form::RR, Form::MR, Form::RRI, Form::MRI>(
        i, []<class F>() { return Handler(double_shift<F, operation>); });
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
