// BMI1, BMI2 and ADX. SDM 2A-2B "ANDN", "BEXTR", "BLSI", "BLSMSK", "BLSR", "BZHI", "MULX", "PDEP",
// "PEXT", "RORX", "SARX/SHLX/SHRX", "ADCX", "ADOX".
//
// Flags that the SDM leaves undefined here (AF and PF; SF too after BEXTR) are 0 on silicon.
#include "sim/cpu/bit_fields.hpp"
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;

constexpr u64 sign_and_zero(unsigned width, u64 value) {
    return alu::sign_zero_parity(width, value) & (fl::SF | fl::ZF);
}

/// VEX-encoded instructions exist in protected mode only. SDM 2A "Exceptions Type 13".
template <Body operation>
void vex(Exec& x, const Insn& i) {
    if (!x.s.protected_mode() || x.s.v8086()) return x.fault(isa::Vector::UD);
    operation(x, i);
}

template <class F>
void ANDN(Exec& x, const Insn& i) {
    const u64 value = ~x.read<F, 1>(i) & x.read<F, 2>(i);
    x.write<F, 0>(i, value);
    x.set_status(sign_and_zero(F::width, value));
}
/// Start in bits 7:0 of the control, length in bits 15:8; both may reach beyond the operand.
template <class F>
void BEXTR(Exec& x, const Insn& i) {
    const u64 control = x.read<F, 2>(i);
    const unsigned start = unsigned(field(control, 7, 0)), length = unsigned(field(control, 15, 8));
    const u64 source = x.read<F, 1>(i);
    const u64 shifted = start < 64 ? source >> start : 0;
    const u64 value = length < 64 ? shifted & (bit(length) - 1) : shifted;
    x.write<F, 0>(i, value);
    x.set_status(value == 0 ? fl::ZF : 0);
}
template <class F>
void BLSI(Exec& x, const Insn& i) {
    const u64 source = x.read<F, 1>(i), value = source & (0 - source);
    x.write<F, 0>(i, value);
    x.set_status(sign_and_zero(F::width, value) | (source != 0 ? fl::CF : 0));
}
template <class F>
void BLSMSK(Exec& x, const Insn& i) {
    const u64 source = x.read<F, 1>(i), value = (source ^ (source - 1)) & width_mask(F::width);
    x.write<F, 0>(i, value);
    x.set_status(sign_and_zero(F::width, value) | (source == 0 ? fl::CF : 0));
}
template <class F>
void BLSR(Exec& x, const Insn& i) {
    const u64 source = x.read<F, 1>(i), value = source & (source - 1);
    x.write<F, 0>(i, value);
    x.set_status(sign_and_zero(F::width, value) | (source == 0 ? fl::CF : 0));
}
template <class F>
void BZHI(Exec& x, const Insn& i) {
    const unsigned index = unsigned(x.read<F, 2>(i) & 0xff);
    const bool beyond = index > 8 * F::width - 1;
    const u64 source = x.read<F, 1>(i), value = beyond ? source : source & (bit(index) - 1);
    x.write<F, 0>(i, value);
    x.set_status(sign_and_zero(F::width, value) | (beyond ? fl::CF : 0));
}

/// The low half is written first: with one register for both it keeps the high half.
template <class F>
void MULX(Exec& x, const Insn& i) {
    __extension__ using Product = unsigned __int128;
    const Product product = Product(x.reg<F::width>(DX)) * x.read<F, 2>(i);
    x.write<F, 1>(i, u64(product) & width_mask(F::width));
    x.write<F, 0>(i, u64(product >> (8 * F::width)) & width_mask(F::width));
}
template <class F>
void PDEP(Exec& x, const Insn& i) {
    x.write<F, 0>(i, alu::deposit(x.read<F, 1>(i), x.read<F, 2>(i)));
}
template <class F>
void PEXT(Exec& x, const Insn& i) {
    x.write<F, 0>(i, alu::extract(x.read<F, 1>(i), x.read<F, 2>(i)));
}

/// RORX, SARX, SHLX, SHRX: the last operand is the count, no flag changes.
template <class F, alu::Value (*operation)(unsigned, u64, unsigned, u64)>
void shift_without_flags(Exec& x, const Insn& i) {
    u64 count;
    if constexpr (operand_kind(F::form, 2) == 'I')
        count = u64(i.immediate);
    else
        count = x.read<F, 2>(i);
    const unsigned bits = 8 * F::width;
    x.write<F, 0>(i, operation(F::width, x.read<F, 1>(i), unsigned(count & (bits - 1)), 0).value);
}

/// ADCX carries through CF alone, ADOX through OF alone.
template <class F, u64 carry>
void add_with(Exec& x, const Insn& i) {
    const auto [sum, status] =
        alu::add_with_carry(F::width, x.read<F, 0>(i), x.read<F, 1>(i), x.flag(carry));
    x.write<F, 0>(i, sum);
    const u64 flags = status.kind() == Status::Known ? status.a : status.flags();
    x.set_flags(flags & fl::CF ? carry : 0, carry);
}

/// These have no 8- and 16-bit forms.
template <Form... forms, class Make>
Handler wide(const Insn& i, Make make) {
    return i.width < 4 ? Handler() : by_shape<forms...>(i, make);
}

constexpr Binding table[] = {
    {isa::Op::ANDN,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RRM>(i, []<class F>() { return Handler(vex<ANDN<F>>); });
     }},
    {isa::Op::BEXTR,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RMR>(i, []<class F>() { return Handler(vex<BEXTR<F>>); });
     }},
    {isa::Op::BLSI,
     [](const Insn& i) {
         return wide<Form::RR, Form::RM>(i, []<class F>() { return Handler(vex<BLSI<F>>); });
     }},
    {isa::Op::BLSMSK,
     [](const Insn& i) {
         return wide<Form::RR, Form::RM>(i, []<class F>() { return Handler(vex<BLSMSK<F>>); });
     }},
    {isa::Op::BLSR,
     [](const Insn& i) {
         return wide<Form::RR, Form::RM>(i, []<class F>() { return Handler(vex<BLSR<F>>); });
     }},
    {isa::Op::BZHI,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RMR>(i, []<class F>() { return Handler(vex<BZHI<F>>); });
     }},
    {isa::Op::MULX,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RRM>(i, []<class F>() { return Handler(vex<MULX<F>>); });
     }},
    {isa::Op::PDEP,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RRM>(i, []<class F>() { return Handler(vex<PDEP<F>>); });
     }},
    {isa::Op::PEXT,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RRM>(i, []<class F>() { return Handler(vex<PEXT<F>>); });
     }},
    {isa::Op::RORX,
     [](const Insn& i) {
         return wide<Form::RRI, Form::RMI>(
             i, []<class F>() { return Handler(vex<shift_without_flags<F, alu::ror>>); });
     }},
    {isa::Op::SARX,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RMR>(
             i, []<class F>() { return Handler(vex<shift_without_flags<F, alu::sar>>); });
     }},
    {isa::Op::SHLX,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RMR>(
             i, []<class F>() { return Handler(vex<shift_without_flags<F, alu::shl>>); });
     }},
    {isa::Op::SHRX,
     [](const Insn& i) {
         return wide<Form::RRR, Form::RMR>(
             i, []<class F>() { return Handler(vex<shift_without_flags<F, alu::shr>>); });
     }},
    {isa::Op::ADCX,
     [](const Insn& i) {
         return wide<Form::RR, Form::RM>(i, []<class F>() { return Handler(add_with<F, fl::CF>); });
     }},
    {isa::Op::ADOX,
     [](const Insn& i) {
         return wide<Form::RR, Form::RM>(i, []<class F>() { return Handler(add_with<F, fl::OF>); });
     }},
};

}  // namespace

std::span<const Binding> bit_manipulation() { return table; }

}  // namespace ringside::cpu::ops
