// Virtual-8086 mode: the ways in and out, INT n by IOPL and VME, what is not allowed there.
#include <doctest/doctest.h>

#include "tests/unit/machine/v8086.hpp"

using namespace ringside;
namespace fl = isa::flags;

namespace {

u64 stack(const machine::Machine& m, unsigned n) {
    return m.ram.read({(m.cpu.regs.gpr[cpu::SP] & 0xffffffff) + 4 * n}, 4);
}

}  // namespace

TEST_CASE("an exception leaves virtual-8086 mode with all segment registers on ring 0's stack") {
    machine::Machine m = test::v8086_machine("ud2", 0);
    m.cpu.seg[decode::ES] = cpu::Segment::v8086(0x1111);
    m.cpu.seg[decode::DS] = cpu::Segment::v8086(0x2222);
    m.cpu.seg[decode::FS] = cpu::Segment::v8086(0x3333);
    m.cpu.seg[decode::GS] = cpu::Segment::v8086(0x4444);
    test::step(m);
    REQUIRE(test::handled(m, 6));
    const u64 expected[] = {test::real_code_at,
                            0,
                            fl::fixed | fl::VM | fl::RF,
                            test::real_stack,
                            0,
                            0x1111,
                            0x2222,
                            0x3333,
                            0x4444};
    for (unsigned n = 0; n < 9; ++n) {
        CAPTURE(n);
        CHECK(stack(m, n) == expected[n]);
    }
    CHECK_FALSE(m.cpu.v8086());
    for (const auto seg : {decode::ES, decode::DS, decode::FS, decode::GS})
        CHECK_FALSE(m.cpu.seg[seg].usable());
}

TEST_CASE("IRET with VM in the image enters virtual-8086 mode, from ring 0 only") {
    const u32 frame[] = {0x1234, 0x0500, u32(fl::VM | fl::IF | fl::fixed),
                         0x7000, 0x0600, 0x1111,
                         0x2222, 0x3333, 0x4444};
    machine::Machine m = test::flat_machine("iretd");
    test::kernel_tables(m);
    test::enter_ring(m, 0);
    for (unsigned n = 0; n < 9; ++n) test::put(m, test::stack_at + 4 * n, frame[n], 4);
    test::step(m);
    CHECK(m.cpu.v8086());
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.regs.rip == 0x1234);
    CHECK(m.cpu.seg[decode::CS].base == 0x5000);
    CHECK(m.cpu.seg[decode::SS].base == 0x6000);
    CHECK(m.cpu.seg[decode::GS].base == 0x44440);
    CHECK(m.cpu.seg[decode::GS].limit == 0xffff);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x7000);
    CHECK(m.cpu.code_bits() == 16);
    machine::Machine far = test::flat_machine("iretd");
    test::kernel_tables(far);
    test::enter_ring(far, 0);
    for (unsigned n = 0; n < 9; ++n) test::put(far, test::stack_at + 4 * n, frame[n], 4);
    test::put(far, test::stack_at, 0x10000, 4);  // beyond the 64 KiB
    test::step(far);
    CHECK(test::handled(far, 13));
}

TEST_CASE("INT n of virtual-8086 mode goes the way of IOPL, VME and the redirection bitmap") {
    // SDM 3B "Software Interrupt Handling Methods": the columns of its table.
    const struct {
        bool vme;
        u8 iopl;
        bool bit_set;
        enum { ToRing0, GpFault, OwnHandler } way;
    } table[] = {
        {false, 3, false, table->ToRing0},   {false, 0, false, table->GpFault},
        {true, 3, true, table->ToRing0},     {true, 0, true, table->GpFault},
        {true, 3, false, table->OwnHandler}, {true, 0, false, table->OwnHandler},
    };
    for (const auto& row : table) {
        CAPTURE(row.vme);
        CAPTURE(int(row.iopl));
        CAPTURE(row.bit_set);
        machine::Machine m = test::v8086_machine("int 0x80", row.iopl);
        if (row.vme) m.cpu.cr4 |= isa::cr4::VME;
        m.cpu.tr.limit = 0x200;
        test::put(m, test::tss_at + 102, 0x88, 2);
        test::put(m, test::tss_at + 0x88 - 32 + 0x80 / 8, row.bit_set ? 1 : 0, 1);
        test::put(m, 4 * 0x80, 0x0300'0010, 4);
        m.cpu.regs.flags |= fl::VIF | fl::TF;
        m.cpu.regs.flags &= ~fl::TF;
        test::step(m);
        using Row = std::remove_cvref_t<decltype(row)>;
        switch (row.way) {
            case Row::ToRing0: CHECK(test::handled(m, 0x80)); break;
            case Row::GpFault:
                CHECK(test::handled(m, 13));
                CHECK(stack(m, 0) == 0);
                break;
            case Row::OwnHandler:
                CHECK(m.cpu.v8086());
                CHECK(m.cpu.seg[decode::CS].base == 0x3000);
                CHECK(m.cpu.regs.rip == 0x10);
                // IOPL < 3: the program sees IF = VIF and IOPL = 3, and its VIF is cleared.
                CHECK(has(test::stack_word(m, 2), fl::IF) == (row.iopl < 3));
                CHECK((test::stack_word(m, 2) & fl::IOPL) == fl::IOPL);
                CHECK(has(m.cpu.regs.flags, fl::VIF) == (row.iopl == 3));
        }
    }
}

TEST_CASE("INT3 of virtual-8086 mode is not sensitive to IOPL") {
    machine::Machine m = test::v8086_machine("int3", 0);
    test::put(m, test::idt_at + 8 * 3,
              isa::gate32(isa::SystemType::InterruptGate, 0x08, test::handlers_at + 48, 3).raw);
    test::step(m);
    CHECK(test::handled(m, 3));
}

TEST_CASE("a handler of virtual-8086 mode must be nonconforming ring-0 code") {
    machine::Machine m = test::v8086_machine("ud2", 0);
    test::put(m, test::idt_at + 8 * 6,
              isa::gate32(isa::SystemType::InterruptGate, 0x21, 0x5000, 0).raw);
    test::step(m);
    CHECK(test::handled(m, 13));
    CHECK(stack(m, 0) == (0x20 | 1));  // the selector, and EXT
}

TEST_CASE("what virtual-8086 mode forbids faults with #UD or #GP(0)") {
    const struct {
        const char* text;
        unsigned vector;
    } table[] = {{"lldt ax", 6},     {"ltr ax", 6},        {"str ax", 6},     {"sldt ax", 6},
                 {"verr ax", 6},     {"arpl ax, ax", 6},   {"lgdt [bx]", 13}, {"lidt [bx]", 13},
                 {"hlt", 13},        {"mov eax, cr0", 13}, {"clts", 13},      {"lmsw ax", 13},
                 {"in al, 0x60", 13}};
    for (const auto& row : table) {
        CAPTURE(row.text);
        machine::Machine m = test::v8086_machine(row.text, 3);
        test::step(m);
        CHECK(test::handled(m, row.vector));
    }
}
