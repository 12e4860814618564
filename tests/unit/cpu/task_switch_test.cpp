// Hardware task switching: by JMP, CALL, IRET and task gates, and where it fails.
#include <doctest/doctest.h>

#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using isa::SystemType;
namespace fl = isa::flags;

namespace {

constexpr u32 new_tss_at = 0x6000, busy_byte_old = test::gdt_at + 0x18 + 5,
              busy_byte_new = test::gdt_at + 0x40 + 5, ldt_at = 0x6800;
constexpr u16 old_tss = 0x18, new_tss = 0x40, gate = 0x48, ldt = 0x50;

u64 tss16(u32 base, u32 limit) { return isa::tss32(base, limit).raw & ~(bit(43)); }

/// A kernel with a second task at 40H: EIP 5000H, ring `cpl`, ESP 70000H.
machine::Machine two_tasks(std::string_view text, u8 cpl = 0) {
    machine::Machine m = test::flat_machine(text);
    test::kernel_tables(m);
    test::enter_ring(m, 0);
    m.cpu.gdtr.limit = 0x57;
    test::put(m, test::gdt_at + new_tss, isa::tss32(new_tss_at, 103).raw);
    test::put(m, test::gdt_at + gate, isa::gate32(SystemType::TaskGate, new_tss, 0, 3).raw);
    test::put(m, test::gdt_at + ldt, (isa::tss32(ldt_at, 15).raw & ~(bit(43) | bit(40))) | bit(41));
    const u16 code = cpl == 0 ? 0x08 : 0x33, data = cpl == 0 ? 0x10 : 0x3b;
    const auto field = [&](u32 at, u64 value) { test::put(m, new_tss_at + at, value, 4); };
    field(32, 0x5000);
    field(36, fl::fixed | fl::CF);
    for (u32 n = 0; n < 8; ++n) field(40 + 4 * n, 0x1000 + n);
    field(56, 0x70000);
    field(4, 0x78000);
    field(8, 0x10);
    for (const u32 at : {72u, 80u, 84u, 88u, 92u}) field(at, data);
    field(76, code);
    return m;
}
u64 old_field(const machine::Machine& m, u32 at, unsigned size = 4) {
    return m.ram.read({test::tss_at + at}, size);
}
bool busy(const machine::Machine& m, u32 byte) { return m.ram.read({byte}, 1) & 2; }
u64 handler(unsigned vector) { return test::handlers_at + 16 * vector; }
u64 stack(const machine::Machine& m, unsigned n) {
    return m.ram.read({(m.cpu.regs.gpr[cpu::SP] & 0xffffffff) + 4 * n}, 4);
}

}  // namespace

TEST_CASE("JMP to a TSS saves the old task, loads the new one and hands over the busy bit") {
    machine::Machine m = two_tasks("jmp 0x40:0");
    m.cpu.regs.gpr[cpu::BX] = 0xb0b0;
    m.cpu.regs.flags = fl::fixed | fl::ZF;
    test::step(m);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.regs.gpr[cpu::AX] == 0x1000);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x70000);
    CHECK(m.cpu.regs.flags == (fl::fixed | fl::CF));
    CHECK(m.cpu.tr.selector == new_tss);
    CHECK(has(m.cpu.cr0, isa::cr0::TS));
    CHECK_FALSE(busy(m, busy_byte_old));
    CHECK(busy(m, busy_byte_new));
    CHECK(old_field(m, 32) == test::code_at + 7);
    CHECK(old_field(m, 36) == (fl::fixed | fl::ZF));
    CHECK(old_field(m, 52) == 0xb0b0);
    CHECK(old_field(m, 76, 2) == 0x08);
    CHECK(m.ram.read({new_tss_at}, 2) == 0);  // no back link
}

TEST_CASE("CALL nests: back link, NT and both busy; IRET goes back") {
    for (const char* text : {"call 0x40:0\nhlt", "call 0x48:0\nhlt"}) {
        CAPTURE(text);
        machine::Machine m = two_tasks(text);
        m.poke({0x5000}, assembler::assemble_flat("iretd\nhlt", 0x5000));
        test::step(m);
        CHECK(m.cpu.regs.rip == 0x5000);
        CHECK(has(m.cpu.regs.flags, fl::NT));
        CHECK(m.ram.read({new_tss_at}, 2) == old_tss);
        CHECK(busy(m, busy_byte_old));
        CHECK(busy(m, busy_byte_new));
        test::step(m);
        CHECK(m.cpu.regs.rip == test::code_at + 7);
        CHECK(m.cpu.tr.selector == old_tss);
        CHECK_FALSE(busy(m, busy_byte_new));
        CHECK_FALSE(has(m.ram.read({new_tss_at + 36}, 4), fl::NT));
        CHECK(m.ram.read({new_tss_at + 32}, 4) == 0x5001);
    }
}

TEST_CASE("an exception through a task gate pushes its error code on the new task's stack") {
    machine::Machine m = two_tasks("mov ax, 0x70\nmov ds, ax");
    test::put(m, test::idt_at + 8 * 13, isa::gate32(SystemType::TaskGate, new_tss, 0, 0).raw);
    test::step(m, 2);
    CHECK(m.cpu.regs.rip == 0x5000);
    CHECK(m.cpu.regs.gpr[cpu::SP] == 0x70000 - 4);
    CHECK(stack(m, 0) == 0x70);
    CHECK(old_field(m, 32) == test::code_at + 4);
    CHECK(has(old_field(m, 36), fl::RF));
    CHECK(has(m.cpu.regs.flags, fl::NT));
}

TEST_CASE("a task can be of another ring, or a 16-bit one") {
    machine::Machine m = two_tasks("jmp 0x40:0", 3);
    test::step(m);
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.seg[decode::SS].selector == 0x3b);
    machine::Machine narrow = two_tasks("jmp 0x40:0");
    test::put(narrow, test::gdt_at + new_tss, tss16(new_tss_at, 0x2b));
    const u16 fields[] = {
        0x5000, u16(fl::fixed | fl::ZF), 1, 2, 3, 4, 0x7000, 6, 7, 8, 0x10, 0x08, 0x10, 0x10, 0};
    for (u32 n = 0; n < 15; ++n) test::put(narrow, new_tss_at + 14 + 2 * n, fields[n], 2);
    test::step(narrow);
    CHECK(narrow.cpu.regs.rip == 0x5000);
    CHECK((narrow.cpu.regs.gpr[cpu::SP] & 0xffff) == 0x7000);
    CHECK((narrow.cpu.regs.gpr[cpu::DI] & 0xffff) == 8);
    CHECK_FALSE(narrow.cpu.seg[decode::FS].usable());
}

TEST_CASE("a task can be a virtual-8086 one") {
    machine::Machine m = two_tasks("jmp 0x40:0");
    test::put(m, new_tss_at + 36, fl::fixed | fl::VM, 4);
    test::put(m, new_tss_at + 76, 0x0300, 4);
    test::step(m);
    CHECK(m.cpu.v8086());
    CHECK(m.cpu.cpl == 3);
    CHECK(m.cpu.seg[decode::CS].base == 0x3000);
}

TEST_CASE("faults before the switch belong to the old task, later ones to the new") {
    const u64 absent = bit(47);
    struct Row {
        const char* what;
        const char* text;
        void (*break_it)(machine::Machine&);
        unsigned vector;
        u64 error;
        bool in_new_task;
        u8 cpl = 0;  ///< of the new task
    };
    const Row rows[] = {
        {"a busy TSS", "jmp 0x18:0", [](machine::Machine&) {}, 13, 0x18, false},
        {"an absent TSS", "jmp 0x40:0",
         [](machine::Machine& m) {
             test::put(m, test::gdt_at + new_tss, isa::tss32(new_tss_at, 103).raw & ~bit(47));
         },
         11, 0x40, false},
        {"a short TSS", "jmp 0x40:0",
         [](machine::Machine& m) {
             test::put(m, test::gdt_at + new_tss, isa::tss32(new_tss_at, 102).raw);
         },
         10, 0x40, false},
        {"a gate to what is no TSS", "call 0x48:0",
         [](machine::Machine& m) {
             test::put(m, test::gdt_at + gate, isa::gate32(SystemType::TaskGate, 0x10, 0, 3).raw);
         },
         13, 0x10, false},
        {"IRET to a task that is not busy", "iretd",
         [](machine::Machine& m) {
             m.cpu.regs.flags |= fl::NT;
             test::put(m, test::tss_at, new_tss, 2);
         },
         10, 0x40, false},
        {"an LDT that is none", "jmp 0x40:0",
         [](machine::Machine& m) { test::put(m, new_tss_at + 96, 0x10, 4); }, 10, 0x10, true, 3},
        {"CS beyond the table", "jmp 0x40:0",
         [](machine::Machine& m) { test::put(m, new_tss_at + 76, 0x100, 4); }, 10, 0x100, true},
        {"data as CS", "jmp 0x40:0",
         [](machine::Machine& m) { test::put(m, new_tss_at + 76, 0x10, 4); }, 10, 0x10, true},
        {"code as DS is fine, an inner one is not", "jmp 0x40:0",
         [](machine::Machine& m) { test::put(m, new_tss_at + 84, 0x18, 4); }, 10, 0x18, true},
        {"EIP beyond the limit", "jmp 0x40:0",
         [](machine::Machine& m) {
             test::put(m, test::gdt_at + ldt,
                       isa::segment32(0, 0xfff, isa::access(0, isa::code_type)).raw);
             test::put(m, new_tss_at + 76, ldt, 4);
         },
         13, 0, true},
    };
    (void)absent;
    for (const Row& row : rows) {
        CAPTURE(row.what);
        machine::Machine m = two_tasks(row.text, row.cpl);
        row.break_it(m);
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(row.vector));
        CHECK(stack(m, 0) == row.error);
        CHECK(stack(m, 1) == (row.in_new_task ? 0x5000 : test::code_at));
        CHECK(m.cpu.tr.selector == (row.in_new_task ? new_tss : old_tss));
    }
}

TEST_CASE("T in the new TSS gives a debug trap before its first instruction") {
    machine::Machine m = two_tasks("jmp 0x40:0");
    test::put(m, new_tss_at + 100, 1, 2);
    m.cpu.dr[7] |= 1;  // L0: of the old task only
    m.cpu.dr[0] = 0x5000;
    test::step(m, 2);
    CHECK(m.cpu.regs.rip == handler(1));
    CHECK((m.cpu.dr[6] & 0xf00f) == 0x8000);
    CHECK((m.cpu.dr[7] & 0xff) == 0);
}

TEST_CASE("a page fault while the tasks are read leaves the old one running") {
    machine::Machine m = two_tasks("jmp 0x40:0");
    // Identity mapping of 4 MiB pages, but for the page of the new TSS, which lies elsewhere.
    test::put(m, 0xa000, 0x87, 4);
    m.cpu.cr3 = 0xa000;
    m.cpu.cr4 |= isa::cr4::PSE;
    m.cpu.cr0 |= isa::cr0::PG;
    test::put(m, test::gdt_at + new_tss, isa::tss32(0x400000, 103).raw);
    test::step(m);
    CHECK(m.cpu.regs.rip == handler(14));
    CHECK(m.cpu.cr2 >= 0x400000);
    CHECK(stack(m, 1) == test::code_at);
    CHECK(m.cpu.tr.selector == old_tss);
    CHECK(busy(m, busy_byte_old));
    CHECK_FALSE(busy(m, busy_byte_new));
}
