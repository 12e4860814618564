// Compatibility mode wraps linear addresses at 4 GiB, where 64-bit code has pages of its own.
#include <doctest/doctest.h>

#include "tests/unit/machine/long_machine.hpp"

using namespace ringside;

TEST_CASE("an address that wraps in compatibility mode is not the page of 64-bit code above 4 GiB") {
    namespace pg = isa::paging;
    machine::Machine m = test::long_machine(R"(
        push rax                ; a page that is written first moves the others
        pop rax
        mov rbx, 0x100005000
        mov eax, [rbx]          ; from now on the translation is at hand
        lea rcx, [rel narrow]
        push 0x40
        push rcx
        db 0x48, 0xcb           ; a far return of 64 bits
    bits 32
    narrow:
        mov edx, [fs:0x6000]
        hlt
    )");
    constexpr u32 high_pd = 0x24000;
    constexpr u64 all = pg::P | pg::RW | pg::US;
    test::put(m, test::pdpt_at + 8 * 4, high_pd | all);
    test::put(m, high_pd, 0x200000 | all | pg::PS);
    test::put(m, 0x205000, 0xbad, 4);
    test::put(m, 0x5000, 0x600d, 4);
    m.cpu.seg[decode::FS] = cpu::Segment::from(
        test::data0, isa::segment32(0xfffff000, 0xffffffff, isa::access(0, isa::data_type)));
    m.cpu.derive_segments();
    machine::Limits limits;
    limits.steps = 1000;
    CHECK(machine::run(m, limits, {}).reason == machine::Stop::Halted);
    CHECK(m.cpu.regs.gpr[cpu::AX] == 0xbad);
    CHECK(m.cpu.regs.gpr[cpu::DX] == 0x600d);
}
