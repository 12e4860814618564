// AND, OR, XOR, NOT, TEST. SDM 2A-2B.
#include "sim/cpu/ops/binding.hpp"

namespace ringside::cpu::ops {
namespace {

template <class F>
void AND(Exec& x, const Insn& i) {
    const auto [value, status] = alu::logic(F::width, x.modify<F, 0>(i) & x.read<F, 1>(i));
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}
template <class F>
void OR(Exec& x, const Insn& i) {
    const auto [value, status] = alu::logic(F::width, x.modify<F, 0>(i) | x.read<F, 1>(i));
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}
template <class F>
void XOR(Exec& x, const Insn& i) {
    const auto [value, status] = alu::logic(F::width, x.modify<F, 0>(i) ^ x.read<F, 1>(i));
    x.write<F, 0>(i, value);
    x.set_status<F>(status);
}
template <class F>
void TEST(Exec& x, const Insn& i) {
    x.set_status<F>(alu::logic(F::width, x.read<F, 0>(i) & x.read<F, 1>(i)).status);
}
template <class F>
void NOT(Exec& x, const Insn& i) {
    x.write<F, 0>(i, ~x.modify<F, 0>(i) & width_mask(F::width));
}

constexpr Fast changing{.status = true, .fuse = Fuse::Registers}, plain{.status = true},
    testing{.memory = Memory::Read, .status = true, .fuse = Fuse::Memory};

template <Fast how, class Make>
Handler two(const Insn& i, Make make) {
    return by_fast_shape<how, Form::RR, Form::RM, Form::MR, Form::RI, Form::MI>(i, make);
}

constexpr Binding table[] = {
    {isa::Op::AND,
     [](const Insn& i) { return two<changing>(i, []<class F>() { return Handler(AND<F>); }); }},
    {isa::Op::OR,
     [](const Insn& i) { return two<plain>(i, []<class F>() { return Handler(OR<F>); }); }},
    {isa::Op::XOR,
     [](const Insn& i) { return two<plain>(i, []<class F>() { return Handler(XOR<F>); }); }},
    {isa::Op::TEST,
     [](const Insn& i) { return two<testing>(i, []<class F>() { return Handler(TEST<F>); }); }},
    {isa::Op::NOT,
     [](const Insn& i) {
         return by_fast_shape<Fast{}, Form::R, Form::M>(i,
                                                        []<class F>() { return Handler(NOT<F>); });
     }},
};

}  // namespace

std::span<const Binding> logic() { return table; }

}  // namespace ringside::cpu::ops
