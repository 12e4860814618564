// What the register panel is told.
#include "ui/view/make_register_view.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace ringside;
using namespace ringside::ui;

namespace {

const RegisterRow& named(const std::vector<RegisterRow>& rows, const char* name) {
    return *std::find_if(rows.begin(), rows.end(),
                         [name](const RegisterRow& r) { return r.name == name; });
}
const FlagCell& flag(const RegisterView& view, const char* name) {
    return *std::find_if(view.flags.begin(), view.flags.end(),
                         [name](const FlagCell& f) { return f.name == name; });
}

}  // namespace

TEST_CASE("A register that a step changed is marked and shows what it was; others are not") {
    cpu::State before, now;
    before.regs.gpr[cpu::AX] = 1;
    now.regs.gpr[cpu::AX] = 0x200;
    const RegisterView view = make_register_view(now, &before);
    CHECK(named(view.general, "EAX").changed);
    CHECK(named(view.general, "EAX").value == "00000200");
    CHECK(named(view.general, "EAX").before == "00000001");
    CHECK_FALSE(named(view.general, "ECX").changed);
}

TEST_CASE("Every general register shows its own number's value") {
    const std::pair<const char*, cpu::Gpr> rows[] = {
        {"EAX", cpu::AX}, {"ECX", cpu::CX}, {"EDX", cpu::DX}, {"EBX", cpu::BX},
        {"ESP", cpu::SP}, {"EBP", cpu::BP}, {"ESI", cpu::SI}, {"EDI", cpu::DI}};
    for (const auto& [name, number] : rows) {
        cpu::State now;
        now.regs.gpr[number] = 0xabcd;
        CHECK(named(make_register_view(now, nullptr).general, name).value == "0000abcd");
    }
}

TEST_CASE("At the start nothing is marked") {
    cpu::State now;
    now.regs.gpr[cpu::AX] = 7;
    for (const RegisterRow& r : make_register_view(now, nullptr).general) CHECK_FALSE(r.changed);
}

TEST_CASE("IF and IOPL are told apart, and a change of either is marked") {
    cpu::State before, now;
    now.regs.flags = isa::flags::fixed | isa::flags::IF | isa::flags::IOPL;
    const RegisterView view = make_register_view(now, &before);
    CHECK(flag(view, "IF").set);
    CHECK(flag(view, "IF").changed);
    CHECK(flag(view, "IOPL").value == "3");
    CHECK(flag(view, "IOPL").changed);
    CHECK_FALSE(flag(view, "ZF").changed);
}
