// RDRAND and RDSEED. SDM 2B, by mnemonic.
//
// The numbers are as random as a deterministic machine can have them: each is a function of how
// many came before it, so that the same run always draws the same, backwards and forwards.
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

namespace fl = isa::flags;

/// The n-th number of the sequence "SplitMix64": Steele, Lea, Flood, "Fast Splittable Pseudorandom
/// Number Generators", OOPSLA 2014.
constexpr u64 number(u64 n) {
    u64 z = (n + 1) * 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}
static_assert(number(0) == 0xe220a8397b1dcdaf);

/// Both have a number at once, always: CF = 1. The other status flags are 0.
template <class F>
void draw(Exec& x, const Insn& i) {
    x.write<F, 0>(i, number(x.s.random_numbers++));
    x.set_status(fl::CF);
}

Handler pick(const Insn& i) {
    return by_shape<Form::R>(i, []<class F>() { return Handler(draw<F>); });
}

constexpr Binding table[] = {{isa::Op::RDRAND, pick}, {isa::Op::RDSEED, pick}};

}  // namespace

std::span<const Binding> random_numbers() { return table; }

}  // namespace ringside::cpu::ops
