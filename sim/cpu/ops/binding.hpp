// From a decoded instruction to the handler specialised for its width and form.
#pragma once
#include <span>
#include <utility>

#include "sim/cpu/alu.hpp"
#include "sim/cpu/threaded.hpp"

namespace ringside::cpu::ops {

using decode::Form;
using decode::Insn;

/// One row's body: `pick` returns the handler for this shape, or null when the row has no such
/// form.
struct Binding {
    isa::Op op;
    Handler (*pick)(const Insn&);
};

/// Calls `make.operator()<width, form>()` for the instruction's width and form.
template <Form... forms, class Make>
Handler by_width_and_form(const Insn& i, Make make) {
    Handler found;
    const auto try_form = [&]<Form form>() {
        if (i.form != form) return;
        switch (i.width) {
            case 1: found = make.template operator()<1, form>(); break;
            case 2: found = make.template operator()<2, form>(); break;
            case 4: found = make.template operator()<4, form>(); break;
            case 8: found = make.template operator()<8, form>(); break;
            default: break;
        }
    };
    (try_form.template operator()<forms>(), ...);
    return found;
}

/// Calls `make.operator()<Shape<width, form>>()`, which returns the body. It must leave its return
/// type to be deduced: else clang does not instantiate a local lambda early enough for `body_of`.
template <Form... forms, class Make>
Handler by_shape(const Insn& i, Make) {
    return by_width_and_form<forms...>(i, []<unsigned width, Form form>() -> Handler {
        return Make{}.template operator()<Shape<width, form>>();
    });
}

/// Whether it often stands right before a conditional branch. Each shape that fuses is compiled
/// once for every condition.
enum class Fuse : u8 { No, Registers, Memory };

/// What a row is like that is worth a fast way.
struct Fast {
    /// What it does with a memory operand: Write stands for the first operand only, the others are
    /// sources.
    Memory memory = Memory::Write;
    Stack stack = Stack::None;
    bool status = false;  ///< sets all status flags, or leaves alone those it does not set
    Fuse fuse = Fuse::No;
    bool carry = false;  ///< worth a way of its own where only CF is read: the others cost more
};

namespace binding_detail {

template <class Make, class F>
inline constexpr Body body_of = Make{}.template operator()<F>().body;

constexpr Memory memory_use(Fast how, Form form) {
    const bool source = operand_kind(form, 0) != 'M';
    return how.memory == Memory::Write && source ? Memory::Read : how.memory;
}

constexpr bool fuses(Fuse fuse, unsigned width, Form form) {
    if (fuse == Fuse::Memory) return width != 2;
    return fuse == Fuse::Registers && width >= 4 && !has_memory(form);
}

template <class Make, class F>
inline constexpr auto fused_runs = []<size_t... codes>(std::index_sequence<codes...>) {
    const auto one = []<u8 code>() -> Run {
        if constexpr (code >> 1 == 0 || code >> 1 == 5)  // overflow and parity: too rare
            return nullptr;
        else
            return threaded::fused<F, body_of<Make, F>, code>;
    };
    return std::array<Run, 16>{one.template operator()<u8(codes)>()...};
}
(std::make_index_sequence<16>());

}  // namespace binding_detail

/// A body that touches registers and flags only, for any form.
template <Body body>
inline constexpr Handler quick{body,
                               threaded::fast<Shape<4, Form::None, Path{.fast = true}>, body>};

/// As by_shape, with the body compiled in the fast way too.
template <Fast how, Form... forms, class Make>
Handler by_fast_shape(const Insn& i, Make) {
    using namespace binding_detail;
    return by_width_and_form<forms...>(i, []<unsigned width, Form form>() -> Handler {
        using Plain = Shape<width, form>;
        constexpr Memory memory = memory_use(how, form);
        using Quick = Shape<width, form, Path{true, memory, how.stack, FlagsRead::All}>;
        Handler h(body_of<Make, Plain>, threaded::fast<Quick, body_of<Make, Quick>>);
        if constexpr (how.status) {
            using Unread = Shape<width, form, Path{true, memory, how.stack, FlagsRead::None}>;
            h.run_unread = threaded::fast<Unread, body_of<Make, Unread>>;
        }
        if constexpr (how.carry && !has_memory(form) && operand_kind(form, 1) != '-') {
            using Carry = Shape<width, form, Path{true, memory, how.stack, FlagsRead::Carry}>;
            h.run_carry = threaded::fast<Carry, body_of<Make, Carry>>;
        }
        if constexpr (fuses(how.fuse, width, form)) h.fused = fused_runs<Make, Quick>.data();
        return h;
    });
}

/// Calls `pick.operator()<code>(i)` for the instruction's condition.
template <class Pick>
Handler by_condition(const Insn& i, Pick) {
    using Picker = Handler (*)(const Insn&);
    constexpr auto all = []<size_t... codes>(std::index_sequence<codes...>) {
        return std::array<Picker, 16>{
            [](const Insn& insn) { return Pick{}.template operator()<u8(codes)>(insn); }...};
    }
    (std::make_index_sequence<16>());
    return all[i.condition](i);
}

std::span<const Binding> movement();
std::span<const Binding> arithmetic();
std::span<const Binding> logic();
std::span<const Binding> shifts();
std::span<const Binding> bits();
std::span<const Binding> bit_manipulation();
std::span<const Binding> decimal();
std::span<const Binding> branches();
std::span<const Binding> stack();
std::span<const Binding> strings();
std::span<const Binding> flag_operations();
std::span<const Binding> far_transfers();
std::span<const Binding> segments();
std::span<const Binding> ports();
std::span<const Binding> system_registers();
std::span<const Binding> monitoring();
std::span<const Binding> identification();
std::span<const Binding> random_numbers();
std::span<const Binding> coprocessor();
std::span<const Binding> system_calls();
std::span<const Binding> long_mode_operations();
std::span<const Binding> vmx_operations();

/// The handler of an instruction; one that stops the machine by name where there is none.
Handler bind(const Insn& i);
/// Does the row have a body?
bool has_body(isa::Op op);
/// Has it one for this form and width?
bool has_form(const Insn& i);

}  // namespace ringside::cpu::ops
