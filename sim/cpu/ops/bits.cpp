// Bit tests and scans. SDM 2A-2B "BT", "BTS", "BTR", "BTC", "BSF", "BSR", "POPCNT",
// "LZCNT", "TZCNT", "CRC32".
#include "sim/cpu/bit_fields.hpp"
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;

enum class Change { None, Set, Reset, Complement };

/// With a register as bit offset, a memory operand is a bit string that may lie far away.
template <class F, Change change>
void bit_test(Exec& x, const Insn& i) {
    constexpr unsigned bits = 8 * F::width;
    constexpr bool memory = operand_kind(F::form, 0) == 'M',
                   by_register = operand_kind(F::form, 1) == 'R';
    u64 offset = x.read<F, 1>(i), at = 0, value;
    if constexpr (memory) {
        at = x.address(i);
        if constexpr (by_register) {
            constexpr unsigned log2_bits = F::width == 2 ? 4 : F::width == 4 ? 5 : 6;
            const i64 far = i64(sign_extend(offset, F::width)) >> log2_bits;
            at = (at + u64(far) * F::width) & width_mask(i.address_size);
        }
        if constexpr (change != Change::None) x.probe_write(i.segment, at, F::width);
        value = x.load<F::width>(i.segment, at);
    } else {
        value = x.read<F, 0>(i);
    }
    offset &= bits - 1;
    const u64 mask = bit(unsigned(offset));
    const bool was = value & mask;
    if constexpr (change != Change::None) {
        const u64 changed = change == Change::Set     ? value | mask
                            : change == Change::Reset ? value & ~mask
                                                      : value ^ mask;
        if constexpr (memory)
            x.store<F::width>(i.segment, at, changed);
        else
            x.write<F, 0>(i, changed);
    }
    x.set_flags(was ? fl::CF : 0, fl::CF);
}

template <Change change>
Handler pick(const Insn& i) {
    if (i.width == 1) return nullptr;
    return by_shape<Form::RR, Form::MR, Form::RI, Form::MI>(
        i, []<class F>() { return Handler(bit_test<F, change>); });
}

/// SDM 2A "BSF", "BSR": with a source of 0 the destination keeps its value, as it does on silicon.
/// CF, OF, SF, AF and PF are undefined; Intel's processors clear all but PF, which tells the parity
/// of the result.
template <class F, bool forward>
void scan(Exec& x, const Insn& i) {
    const u64 source = x.read<F, 1>(i);
    if (source == 0) return x.set_status(fl::ZF | fl::PF);
    const u64 found = u64(forward ? __builtin_ctzll(source) : 63 - __builtin_clzll(source));
    x.write<F, 0>(i, found);
    x.set_status(status_detail::parity(found));
}

template <class F>
void POPCNT(Exec& x, const Insn& i) {
    const u64 source = x.read<F, 1>(i);
    x.write<F, 0>(i, u64(__builtin_popcountll(source)));
    x.set_status(source == 0 ? fl::ZF : 0);
}

/// LZCNT and TZCNT: a source of 0 counts all its bits. OF, SF, AF and PF are undefined; silicon
/// clears them.
template <class F, bool from_top>
void count_zeros(Exec& x, const Insn& i) {
    const u64 source = x.read<F, 1>(i);
    constexpr unsigned bits = 8 * F::width;
    const unsigned count = source == 0 ? bits
                           : from_top  ? unsigned(__builtin_clzll(source)) - (64 - bits)
                                       : unsigned(__builtin_ctzll(source));
    x.write<F, 0>(i, count);
    x.set_status((source == 0 ? fl::CF : 0) | (count == 0 ? fl::ZF : 0));
}

/// The sum is 32 bits wide whatever the destination's width; the source's width is no part of the
/// shape.
void CRC32(Exec& x, const Insn& i) {
    const u64 source = i.form == Form::RM    ? x.load(i.segment, x.address(i), i.source_width)
                       : i.source_width == 1 ? x.reg<1>(i.reg1)
                                             : x.reg(i.reg1, i.source_width);
    x.set_reg<4>(i.reg0, alu::crc32c(u32(x.reg<4>(i.reg0)), source, i.source_width));
}

constexpr Binding table[] = {
    {isa::Op::BT, pick<Change::None>},
    {isa::Op::BTS, pick<Change::Set>},
    {isa::Op::BTR, pick<Change::Reset>},
    {isa::Op::BTC, pick<Change::Complement>},
    {isa::Op::BSF,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM>(i, []<class F>() { return Handler(scan<F, true>); });
     }},
    {isa::Op::BSR,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM>(i, []<class F>() { return Handler(scan<F, false>); });
     }},
    {isa::Op::POPCNT,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM>(i, []<class F>() { return Handler(POPCNT<F>); });
     }},
    {isa::Op::LZCNT,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM>(
             i, []<class F>() { return Handler(count_zeros<F, true>); });
     }},
    {isa::Op::TZCNT,
     [](const Insn& i) {
         return by_shape<Form::RR, Form::RM>(
             i, []<class F>() { return Handler(count_zeros<F, false>); });
     }},
    {isa::Op::CRC32, [](const Insn&) -> Handler { return CRC32; }},
};

}  // namespace

std::span<const Binding> bits() { return table; }

}  // namespace ringside::cpu::ops
