// Addition, subtraction, multiplication, division. SDM 2A-2B, by mnemonic.
#include <type_traits>

#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;
using isa::Vector;

/// The operand is read as it will be written, so that a fault is a write's fault.
template <class F>
void ADD(Exec& x, const Insn& i) {
    const auto [sum, status] = alu::add(F::width, x.modify<F, 0>(i), x.read<F, 1>(i));
    x.write<F, 0>(i, sum);
    x.set_status<F>(status);
}
template <class F>
void ADC(Exec& x, const Insn& i) {
    const auto [sum, status] =
        alu::add_with_carry(F::width, x.modify<F, 0>(i), x.read<F, 1>(i), x.carry());
    x.write<F, 0>(i, sum);
    x.set_status<F>(status);
}
template <class F>
void SUB(Exec& x, const Insn& i) {
    const auto [difference, status] = alu::sub(F::width, x.modify<F, 0>(i), x.read<F, 1>(i));
    x.write<F, 0>(i, difference);
    x.set_status<F>(status);
}
template <class F>
void SBB(Exec& x, const Insn& i) {
    const auto [difference, status] =
        alu::sub_with_borrow(F::width, x.modify<F, 0>(i), x.read<F, 1>(i), x.carry());
    x.write<F, 0>(i, difference);
    x.set_status<F>(status);
}
template <class F>
void CMP(Exec& x, const Insn& i) {
    x.set_status<F>(alu::sub(F::width, x.read<F, 0>(i), x.read<F, 1>(i)).status);
}
template <class F>
void INC(Exec& x, const Insn& i) {
    const auto [value, status] = alu::inc(F::width, x.modify<F, 0>(i), x.carry());
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}
template <class F>
void DEC(Exec& x, const Insn& i) {
    const auto [value, status] = alu::dec(F::width, x.modify<F, 0>(i), x.carry());
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}
template <class F>
void NEG(Exec& x, const Insn& i) {
    const auto [value, status] = alu::sub(F::width, 0, x.modify<F, 0>(i));
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}
template <class F>
void XADD(Exec& x, const Insn& i) {
    const u64 destination = x.modify<F, 0>(i), source = x.read<F, 1>(i);
    const auto [sum, status] = alu::add(F::width, destination, source);
    // The address of a memory operand may stand on the source; one register for both keeps the sum.
    if constexpr (operand_kind(F::form, 0) == 'M') {
        x.write<F, 0>(i, sum);
        x.write<F, 1>(i, destination);
    } else {
        x.write<F, 1>(i, destination);
        x.write<F, 0>(i, sum);
    }
    x.set_status<F>(status);
}
template <class F>
void CMPXCHG(Exec& x, const Insn& i) {
    const u64 destination = x.modify<F, 0>(i), accumulator = x.reg<F::width>(AX);
    const bool equal = accumulator == destination;
    // SDM 2A "CMPXCHG": the destination is written either way. That means memory's write cycle; of
    // a register that keeps its value, no processor clears the upper half.
    if (equal || F::form == Form::MR) x.write<F, 0>(i, equal ? x.read<F, 1>(i) : destination);
    if (!equal) x.set_reg<F::width>(AX, destination);
    x.set_status<F>(alu::sub(F::width, accumulator, destination).status);
}
void CMPXCHG8B(Exec& x, const Insn& i) {
    const u64 at = x.address(i);
    x.probe_write(i.segment, at, 8);
    const u64 memory = x.load<8>(i.segment, at), expected = x.reg<4>(DX) << 32 | x.reg<4>(AX);
    const bool equal = memory == expected;
    x.store<8>(i.segment, at, equal ? x.reg<4>(CX) << 32 | x.reg<4>(BX) : memory);
    if (!equal) {
        x.set_reg<4>(AX, memory);
        x.set_reg<4>(DX, memory >> 32);
    }
    x.set_flags(equal ? fl::ZF : 0, fl::ZF);
}

void CMPXCHG16B(Exec& x, const Insn& i) {
    const u64 at = x.address(i);
    if (at % 16 != 0 && !x.faulted()) return x.fault(Vector::GP, 0);
    x.probe_write(i.segment, at, 8);
    const u64 low = x.load<8>(i.segment, at), high = x.load<8>(i.segment, at + 8);
    const bool equal = low == x.reg<8>(AX) && high == x.reg<8>(DX);
    x.store<8>(i.segment, at, equal ? x.reg<8>(BX) : low);
    x.store<8>(i.segment, at + 8, equal ? x.reg<8>(CX) : high);
    if (!equal) {
        x.set_reg<8>(AX, low);
        x.set_reg<8>(DX, high);
    }
    x.set_flags(equal ? fl::ZF : 0, fl::ZF);
}

/// A word of twice the operand's width, for products and dividends.
template <unsigned W>
using Double = std::conditional_t<W == 8, u128, u64>;
template <unsigned W>
using SignedDouble = std::conditional_t<W == 8, i128, i64>;

/// (R/E)DX:(R/E)AX, or AX for bytes.
template <unsigned W>
void set_double(Exec& x, Double<W> value) {
    if constexpr (W == 1) {
        x.set_reg<2>(AX, value);
    } else {
        x.set_reg<W>(AX, u64(value));
        x.set_reg<W>(DX, u64(value >> (8 * W)));
    }
}
template <unsigned W>
Double<W> get_double(Exec& x) {
    if constexpr (W == 1) return x.reg<2>(AX);
    return Double<W>(x.reg<W>(DX)) << (8 * W) | x.reg<W>(AX);
}
template <unsigned W>
Double<W> join(u64 high, u64 low) {
    return Double<W>(high & width_mask(W)) << (8 * W) | (low & width_mask(W));
}
template <unsigned W>
SignedDouble<W> widened(u64 value) {
    return i64(sign_extend(value, W));
}

/// SF, ZF, AF and PF are undefined after multiplications; silicon sets SF and PF by the low half
/// and clears AF and ZF.
constexpr u64 product_flags(unsigned width, u64 low, bool overflow) {
    return (alu::sign_zero_parity(width, low) & (fl::SF | fl::PF)) |
           (overflow ? fl::CF | fl::OF : 0);
}
template <class F>
void MUL(Exec& x, const Insn& i) {
    const auto product = Double<F::width>(x.reg<F::width>(AX)) * x.read<F, 0>(i);
    set_double<F::width>(x, product);
    x.set_status<F>(Status::known(product_flags(F::width, u64(product) & width_mask(F::width),
                                                product >> (8 * F::width) != 0)));
}
template <unsigned W>
bool signed_overflow(SignedDouble<W> product) {
    return widened<W>(u64(product) & width_mask(W)) != product;
}
template <class F>
void IMUL1(Exec& x, const Insn& i) {
    const auto product =
        widened<F::width>(x.reg<F::width>(AX)) * widened<F::width>(x.read<F, 0>(i));
    set_double<F::width>(x, Double<F::width>(product));
    x.set_status<F>(Status::known(product_flags(F::width, u64(product) & width_mask(F::width),
                                                signed_overflow<F::width>(product))));
}
template <class F>
void IMUL2(Exec& x, const Insn& i) {
    constexpr bool three = operand_kind(F::form, 2) == 'I';
    u64 left, right = x.read<F, 1>(i);
    if constexpr (three)
        left = u64(i.immediate) & width_mask(F::width);
    else
        left = x.read<F, 0>(i);
    const auto product = widened<F::width>(left) * widened<F::width>(right);
    x.write<F, 0>(i, u64(product) & width_mask(F::width));
    x.set_status<F>(Status::known(product_flags(F::width, u64(product) & width_mask(F::width),
                                                signed_overflow<F::width>(product))));
}

template <class F>
void DIV(Exec& x, const Insn& i) {
    const u64 divisor = x.read<F, 0>(i);
    const Double<F::width> dividend = get_double<F::width>(x);
    if (x.faulted()) return;
    if (divisor == 0 || dividend >> (8 * F::width) >= divisor) return x.fault(Vector::DE);
    set_double<F::width>(x, join<F::width>(u64(dividend % divisor), u64(dividend / divisor)));
}
template <class F>
void IDIV(Exec& x, const Insn& i) {
    using Wide = SignedDouble<F::width>;
    const Wide divisor = widened<F::width>(x.read<F, 0>(i));
    // The dividend fills the wide word, or its lower part where that is wider.
    constexpr unsigned spare = 8 * (sizeof(Wide) - 2 * F::width);
    const Wide dividend = Wide(get_double<F::width>(x) << spare) >> spare;
    if (x.faulted()) return;
    constexpr Wide lowest = Wide(Double<F::width>(1) << (8 * sizeof(Wide) - 1));
    if (divisor == 0 || (divisor == -1 && dividend == lowest)) return x.fault(Vector::DE);
    const Wide quotient = dividend / divisor, remainder = dividend % divisor;
    if (signed_overflow<F::width>(quotient)) return x.fault(Vector::DE);
    set_double<F::width>(x, join<F::width>(u64(remainder), u64(quotient)));
}

void CBW(Exec& x, const Insn&) { x.set_reg<2>(AX, sign_extend(x.reg<1>(AX), 1)); }
void CWDE(Exec& x, const Insn&) { x.set_reg<4>(AX, sign_extend(x.reg<2>(AX), 2)); }
void CWD(Exec& x, const Insn&) { x.set_reg<2>(DX, x.reg<2>(AX) & 0x8000 ? 0xffff : 0); }
void CDQ(Exec& x, const Insn&) { x.set_reg<4>(DX, x.reg<4>(AX) & 0x80000000 ? 0xffffffff : 0); }
void CDQE(Exec& x, const Insn&) { x.set_reg<8>(AX, sign_extend(x.reg<4>(AX), 4)); }
void CQO(Exec& x, const Insn&) { x.set_reg<8>(DX, has(x.reg<8>(AX), bit(63)) ? ~u64{0} : 0); }

constexpr Fast changing{.status = true}, chained{.status = true, .carry = true},
    fusing{.status = true, .fuse = Fuse::Registers},
    comparing{.memory = Memory::Read, .status = true, .fuse = Fuse::Memory},
    reading{.memory = Memory::Read, .status = true};

/// The forms of two-operand arithmetic.
template <Fast how, class Make>
Handler two(const Insn& i, Make make) {
    return by_fast_shape<how, Form::RR, Form::RM, Form::MR, Form::RI, Form::MI>(i, make);
}
template <Fast how, class Make>
Handler one(const Insn& i, Make make) {
    return by_fast_shape<how, Form::R, Form::M>(i, make);
}

constexpr Binding table[] = {
    {isa::Op::ADD,
     [](const Insn& i) { return two<fusing>(i, []<class F>() { return Handler(ADD<F>); }); }},
    {isa::Op::ADC,
     [](const Insn& i) { return two<chained>(i, []<class F>() { return Handler(ADC<F>); }); }},
    {isa::Op::SUB,
     [](const Insn& i) { return two<fusing>(i, []<class F>() { return Handler(SUB<F>); }); }},
    {isa::Op::SBB,
     [](const Insn& i) { return two<chained>(i, []<class F>() { return Handler(SBB<F>); }); }},
    {isa::Op::CMP,
     [](const Insn& i) { return two<comparing>(i, []<class F>() { return Handler(CMP<F>); }); }},
    {isa::Op::INC,
     [](const Insn& i) { return one<fusing>(i, []<class F>() { return Handler(INC<F>); }); }},
    {isa::Op::DEC,
     [](const Insn& i) { return one<fusing>(i, []<class F>() { return Handler(DEC<F>); }); }},
    {isa::Op::NEG,
     [](const Insn& i) { return one<changing>(i, []<class F>() { return Handler(NEG<F>); }); }},
    {isa::Op::XADD,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::MR>(i, []<class F>() { return Handler(XADD<F>); });
     }},
    {isa::Op::CMPXCHG,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::MR>(i, []<class F>() { return Handler(CMPXCHG<F>); });
     }},
    {isa::Op::CMPXCHG8B, [](const Insn&) -> Handler { return CMPXCHG8B; }},
    {isa::Op::CMPXCHG16B, [](const Insn&) -> Handler { return CMPXCHG16B; }},
    {isa::Op::MUL,
     [](const Insn& i) { return one<reading>(i, []<class F>() { return Handler(MUL<F>); }); }},
    {isa::Op::IMUL,
     [](const Insn& i) {
         if (Handler h = one<reading>(i, []<class F>() { return Handler(IMUL1<F>); })) return h;
         return by_fast_shape<reading, Form::RR, Form::RM, Form::RRI, Form::RMI>(
             i, []<class F>() { return Handler(IMUL2<F>); });
     }},
    {isa::Op::DIV,
     [](const Insn& i) {
         return by_shape<Form::R, Form::M>(i, []<class F>() { return Handler(DIV<F>); });
     }},
    {isa::Op::IDIV,
     [](const Insn& i) {
         return by_shape<Form::R, Form::M>(i, []<class F>() { return Handler(IDIV<F>); });
     }},
    {isa::Op::CBW, [](const Insn&) { return quick<CBW>; }},
    {isa::Op::CWDE, [](const Insn&) { return quick<CWDE>; }},
    {isa::Op::CWD, [](const Insn&) { return quick<CWD>; }},
    {isa::Op::CDQ, [](const Insn&) { return quick<CDQ>; }},
    {isa::Op::CDQE, [](const Insn&) { return quick<CDQE>; }},
    {isa::Op::CQO, [](const Insn&) { return quick<CQO>; }},
};

}  // namespace

std::span<const Binding> arithmetic() { return table; }

}  // namespace ringside::cpu::ops
