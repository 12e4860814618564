// All bindings in one table by row.
#include <array>

#include "sim/cpu/ops/binding.hpp"
#include "sim/decode/decoder.hpp"

namespace ringside::cpu::ops {
namespace {

using Picker = Handler (*)(const Insn&);

std::array<Picker, size_t(isa::Op::count)> collect() {
    std::array<Picker, size_t(isa::Op::count)> all{};
    for (const auto group : {movement(),
                             arithmetic(),
                             logic(),
                             shifts(),
                             bits(),
                             bit_manipulation(),
                             decimal(),
                             branches(),
                             stack(),
                             strings(),
                             flag_operations(),
                             far_transfers(),
                             segments(),
                             ports(),
                             system_registers(),
                             monitoring(),
                             identification(),
                             random_numbers(),
                             system_calls(),
                             long_mode_operations(),
                             coprocessor(),
                             vmx_operations()})
        for (const Binding& b : group) all[size_t(b.op)] = b.pick;
    return all;
}

const std::array<Picker, size_t(isa::Op::count)> pickers = collect();

void undefined(Exec& x, const Insn&) { x.fault(isa::Vector::UD); }
void without_body(Exec& x, const Insn& i) {
    x.not_modelled(i.op == isa::Op::Unknown ? decode::mnemonic_of(i) : i.row().name);
}

}  // namespace

Handler bind(const Insn& i) {
    if (i.undefined) return undefined;
    const Picker pick = pickers[size_t(i.op)];
    const Handler found = pick ? pick(i) : Handler();
    return found ? found : Handler(without_body);
}

bool has_body(isa::Op op) { return pickers[size_t(op)] != nullptr; }
bool has_form(const Insn& i) { return has_body(i.op) && pickers[size_t(i.op)](i); }

}  // namespace ringside::cpu::ops
