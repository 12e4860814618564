// From a decoded instruction to the handler specialised for its width and form.
#pragma once
#include <span>

#include "sim/cpu/alu.hpp"
#include "sim/cpu/operands.hpp"

namespace ringside::cpu::ops {

using decode::Form;
using decode::Insn;

/// One row's body: `pick` returns the handler for this shape, or null when the row has no such
/// form.
struct Binding {
    isa::Op op;
    Handler (*pick)(const Insn&);
};

/// Calls `make.operator()<Shape<width, form>>()` for the instruction's width and form.
template <Form... forms, class Make>
Handler by_shape(const Insn& i, Make make) {
    Handler found = nullptr;
    const auto try_form = [&]<Form form>() {
        if (i.form != form) return;
        switch (i.width) {
            case 1: found = make.template operator()<Shape<1, form>>(); break;
            case 2: found = make.template operator()<Shape<2, form>>(); break;
            case 4: found = make.template operator()<Shape<4, form>>(); break;
            case 8: found = make.template operator()<Shape<8, form>>(); break;
            default: break;
        }
    };
    (try_form.template operator()<forms>(), ...);
    return found;
}

std::span<const Binding> movement();
std::span<const Binding> arithmetic();
std::span<const Binding> logic();
std::span<const Binding> shifts();
std::span<const Binding> bits();
std::span<const Binding> decimal();
std::span<const Binding> branches();
std::span<const Binding> stack();
std::span<const Binding> strings();
std::span<const Binding> flag_operations();
std::span<const Binding> far_transfers();
std::span<const Binding> segments();
std::span<const Binding> ports();
std::span<const Binding> system_registers();
std::span<const Binding> identification();
std::span<const Binding> vmx_operations();

/// The handler of an instruction; one that stops the machine by name where there is none.
Handler bind(const Insn& i);
/// Does the row have a body?
bool has_body(isa::Op op);

}  // namespace ringside::cpu::ops
