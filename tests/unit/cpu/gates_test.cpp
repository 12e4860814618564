// Call gates, conforming code, 16-bit gates, far returns: SDM 3A "Protection".
#include <doctest/doctest.h>

#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using isa::SystemType;
namespace fl = isa::flags;

namespace {

constexpr u32 slot_at = test::gdt_at + 0x40;  // selector 40H: the gate or segment of a test
constexpr u32 code_slot_at = test::gdt_at + 0x48;

machine::Machine kernel(std::string_view text, u8 cpl) {
    machine::Machine m = test::flat_machine(text);
    test::kernel_tables(m);
    test::enter_ring(m, cpl);
    m.cpu.gdtr.limit = 0x4f;
    return m;
}
u64 item(const machine::Machine& m, unsigned n, unsigned size = 4) {
    return m.ram.read({(m.cpu.regs.gpr[cpu::SP] & 0xffffffff) + size * n}, size);
}
u64 handler(unsigned vector) { return test::handlers_at + 16 * vector; }
u64 code16(u8 dpl) {
    return isa::segment32(0, 0xffff, isa::access(dpl, isa::code_type)).raw & ~bit(54);
}

}  // namespace

TEST_CASE("CALL through a gate to an inner ring copies the parameters to the new stack") {
    for (const bool wide : {true, false}) {
        CAPTURE(wide);
        machine::Machine m = kernel("call 0x40:0x12345678", 3);
        test::put(
            m, slot_at,
            isa::gate32(wide ? SystemType::CallGate : SystemType::CallGate16, 0x08, 0x5000, 3, 2)
                .raw);
        const unsigned size = wide ? 4 : 2;
        test::put(m, test::stack_at, 0x1111, size);
        test::put(m, test::stack_at + size, 0x2222, size);
        test::step(m);
        REQUIRE(m.cpu.cpl == 0);
        CHECK(m.cpu.regs.rip == 0x5000);
        CHECK(m.cpu.seg[decode::CS].selector == 0x08);
        CHECK(m.cpu.regs.gpr[cpu::SP] == 0x80000 - 6 * size);
        const u64 expected[] = {(test::code_at + 7) & width_mask(size), 0x33, 0x1111, 0x2222,
                                test::stack_at & width_mask(size),      0x3b};
        for (unsigned n = 0; n < 6; ++n) {
            CAPTURE(n);
            CHECK(item(m, n, size) == expected[n]);
        }
    }
}

TEST_CASE("a far return to an outer ring releases the parameters on both stacks") {
    machine::Machine m = kernel("retf 8", 0);
    const u32 frame[] = {0x5000, 0x33, 0x1111, 0x2222, 0x70000, 0x3b};
    for (unsigned n = 0; n < 6; ++n) test::put(m, test::stack_at + 4 * n, frame[n], 4);
    test::step(m);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x70008);
    CHECK(m.cpu.seg[decode::SS].selector == 0x3b);
    CHECK_FALSE(m.cpu.seg[decode::DS].usable());
}

TEST_CASE("a gate to the same ring pushes CS and EIP of its own size") {
    machine::Machine m = kernel("call 0x40:0", 0);
    test::put(m, slot_at, isa::gate32(SystemType::CallGate16, 0x08, 0x7777'5000, 0, 4).raw);
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.regs.gpr[cpu::SP] == test::stack_at - 4);
    CHECK(item(m, 0, 2) == (test::code_at & 0xffff) + 7);
    CHECK(item(m, 1, 2) == 0x08);
}

TEST_CASE("far transfers fault with the selector that is to blame") {
    const u64 absent = bit(47);
    const auto gate = [](SystemType type, u16 selector, u8 dpl) {
        return isa::gate32(type, selector, 0x5000, dpl).raw;
    };
    const struct {
        const char* what;
        const char* text;
        u8 cpl;
        u64 slot, code_slot;
        unsigned vector;
        u64 error;
    } table[] = {
        {"a null selector", "jmp 0:0", 0, 0, 0, 13, 0},
        {"beyond the table", "jmp 0x100:0", 0, 0, 0, 13, 0x100},
        {"a data segment", "jmp 0x10:0", 0, 0, 0, 13, 0x10},
        {"an inner ring without a gate", "call 0x08:0", 3, 0, 0, 13, 0x08},
        {"an outer ring", "call 0x33:0", 0, 0, 0, 13, 0x30},
        {"RPL of less privilege", "jmp 0x0b:0", 0, 0, 0, 13, 0x08},
        {"an absent segment", "jmp 0x40:0", 0, code16(0) & ~absent, 0, 11, 0x40},
        {"beyond the limit", "jmp 0x40:0x10000", 0, code16(0), 0, 13, 0},
        {"the gate's DPL", "call 0x40:0", 3, gate(SystemType::CallGate, 0x08, 0), 0, 13, 0x40},
        {"the gate's DPL against RPL", "call 0x43:0", 0, gate(SystemType::CallGate, 0x08, 0), 0, 13,
         0x40},
        {"an absent gate", "call 0x43:0", 3, gate(SystemType::CallGate, 0x08, 3) & ~absent, 0, 11,
         0x40},
        {"a gate to the null selector", "call 0x43:0", 3, gate(SystemType::CallGate, 0, 3), 0, 13,
         0},
        {"a gate to data", "call 0x43:0", 3, gate(SystemType::CallGate, 0x10, 3), 0, 13, 0x10},
        {"a gate to an absent segment", "call 0x43:0", 3, gate(SystemType::CallGate, 0x48, 3),
         code16(0) & ~absent, 11, 0x48},
        {"a gate beyond the limit", "call 0x43:0", 0, gate(SystemType::CallGate, 0x48, 3),
         code16(0) | 0, 0, 0},
        {"JMP through a gate to an inner ring", "jmp 0x43:0", 3,
         gate(SystemType::CallGate, 0x08, 3), 0, 13, 0x08},
        {"an LDT", "jmp 0x40:0", 0, u64(0x82) << 40, 0, 13, 0x40},
        {"an interrupt gate", "jmp 0x40:0", 0, gate(SystemType::InterruptGate, 0x08, 3), 0, 13,
         0x40},
    };
    for (const auto& row : table) {
        if (row.vector == 0) continue;
        CAPTURE(row.what);
        machine::Machine m = kernel(row.text, row.cpl);
        if (row.slot) test::put(m, slot_at, row.slot);
        if (row.code_slot) test::put(m, code_slot_at, row.code_slot);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(row.vector));
        CHECK(item(m, 0) == row.error);
        CHECK(item(m, 1) == test::code_at);
    }
}

TEST_CASE("faults on the way to an inner stack are #TS and #SS of the TSS's selectors") {
    const struct {
        const char* what;
        u32 esp0;
        u16 ss0;
        u32 tss_limit;
        unsigned vector;
        u64 error;
    } table[] = {
        {"a null SS", 0x80000, 0, 103, 10, 0},
        {"the wrong RPL", 0x80000, 0x13, 103, 10, 0x10},
        {"code as stack", 0x80000, 0x08, 103, 10, 0x08},
        {"beyond the table", 0x80000, 0x100, 103, 10, 0x100},
        {"a TSS that ends before", 0x80000, 0x10, 8, 10, 0x18},
    };
    for (const auto& row : table) {
        CAPTURE(row.what);
        machine::Machine m = kernel("call 0x43:0", 3);
        test::put(m, slot_at, isa::gate32(SystemType::CallGate, 0x08, 0x5000, 3).raw);
        test::put(m, test::tss_at + 4, row.esp0, 4);
        test::put(m, test::tss_at + 8, row.ss0, 4);
        m.cpu.tr.limit = row.tss_limit;
        // The handler runs in ring 3, so that it needs no inner stack.
        for (const unsigned v : {10u, 12u})
            test::put(m, test::idt_at + 8 * v,
                      isa::gate32(SystemType::InterruptGate, 0x33, u32(handler(v)), 3).raw);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(row.vector));
        CHECK(item(m, 0) == row.error);
    }
}

TEST_CASE("conforming code runs at the caller's CPL") {
    machine::Machine m = kernel("call 0x40:0x5000", 3);
    test::put(m, slot_at, isa::segment32(0, 0xffffffff, isa::access(0, 0xe)).raw);
    test::step(m);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.seg[decode::CS].selector == 0x43);
    CHECK(has(m.ram.read({slot_at}, 8), bit(40)));  // accessed
}

TEST_CASE("16-bit interrupt gates push words and use the low half of the offset") {
    machine::Machine m = kernel("ud2", 3);
    test::put(m, test::idt_at + 8 * 6,
              isa::gate32(SystemType::InterruptGate16, 0x08, 0x7777'5000, 0).raw);
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x80000 - 10);
    CHECK(item(m, 0, 2) == (test::code_at & 0xffff));
    CHECK(item(m, 1, 2) == 0x33);
    CHECK(item(m, 3, 2) == (test::stack_at & 0xffff));
}

TEST_CASE("a 16-bit TSS gives the inner stack from its own places") {
    machine::Machine m = kernel("int 0x80", 3);
    m.cpu.tr.access = (m.cpu.tr.access & ~15u) | u32(SystemType::Tss16Busy);
    m.cpu.tr.limit = 0x2b;
    test::put(m, test::tss_at + 2, 0x7800, 2);
    test::put(m, test::tss_at + 4, 0x10, 2);
    test::step(m);
    CHECK(m.cpu.cpl == 0);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x7800 - 20);
}

TEST_CASE("expand-down segments hold what lies above their limit") {
    for (const bool big : {false, true}) {
        CAPTURE(big);
        u64 d = isa::segment32(0, 0xfff, isa::access(0, 0x6)).raw;
        if (!big) d &= ~bit(54);
        for (const auto& [at, fine] :
             {std::pair<u32, bool>{0xfff, false}, {0x1000, true}, {0xffff, big}, {0xfffe, true}}) {
            const u32 offset = at;
            CAPTURE(offset);
            machine::Machine m = kernel("mov ax, [ebx]", 0);
            m.cpu.seg[decode::DS] = cpu::Segment::from(0x40, isa::Descriptor{d});
            m.cpu.regs.gpr[cpu::BX] = offset;
            test::step(m);
            CHECK((m.cpu.regs.rip == test::code_at + 3) == fine);
            if (!fine) CHECK(m.cpu.regs.rip == handler(13));
        }
    }
}
