// Paging: faults and their codes, accessed and dirty bits, and a TLB that may be stale.
#include <doctest/doctest.h>

#include "sim/isa/paging.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
namespace pg = isa::paging;

namespace {

constexpr u32 directory = 0x10000, table = 0x11000, far_table = 0x12000;

/// Identity for the first 4 MiB except where a test changes it; 0x400000… through far_table.
machine::Machine paged(std::string_view text, u8 cpl) {
    machine::Machine m = test::flat_machine(text);
    test::kernel_tables(m);
    test::put(m, directory, table | pg::P | pg::RW | pg::US, 4);
    test::put(m, directory + 4, far_table | pg::P | pg::RW | pg::US, 4);
    for (u32 n = 0; n < 1024; ++n)
        test::put(m, table + 4 * n, n << 12 | pg::P | pg::RW | pg::US, 4);
    test::enter_ring(m, cpl);
    m.cpu.cr3 = directory;
    m.cpu.cr0 |= isa::cr0::PG | isa::cr0::WP;
    return m;
}
u64 error_code(const machine::Machine& m) {
    return m.ram.read({m.cpu.regs.gpr[cpu::SP] & 0xffffffff}, 4);
}
bool page_faulted(const machine::Machine& m) {
    return m.cpu.regs.rip == test::handlers_at + 16 * 14;
}

}  // namespace

TEST_CASE("a page fault's error code and CR2 say what was wrong") {
    struct Case {
        const char* text;
        u8 cpl;
        u32 entry;
        u32 code;
    };
    const Case cases[] = {
        {"mov eax, [0x400123]", 0, 0, 0},
        {"mov [0x400123], eax", 0, 0, 2},
        {"mov eax, [0x400123]", 3, 0, 4},
        {"mov [0x400123], eax", 3, 0x20000 | pg::P | pg::US, 7},
        {"mov eax, [0x400123]", 3, 0x20000 | pg::P | pg::RW, 5},
        {"mov [0x400123], eax", 0, 0x20000 | pg::P, 3},
        {"add [0x400123], eax", 3, 0x20000 | pg::P | pg::US, 7},
        {"mov eax, [0x400123]", 1, 0x20000 | pg::P, ~0u},  // ring 1 is a supervisor
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CAPTURE(int(c.cpl));
        machine::Machine m = paged(c.text, c.cpl);
        test::put(m, far_table, c.entry, 4);
        test::step(m);
        CHECK(page_faulted(m) == (c.code != ~0u));
        if (c.code == ~0u) continue;
        CHECK(error_code(m) == c.code);
        CHECK(m.cpu.cr2 == 0x400123);
    }
}

TEST_CASE("accessed and dirty bits are set by use, not by a faulting attempt") {
    machine::Machine m = paged("mov eax, [0x400000]\nmov [0x401000], eax", 0);
    test::put(m, far_table, 0x20000 | pg::P | pg::RW, 4);
    test::put(m, far_table + 4, 0x21000 | pg::P | pg::RW, 4);
    test::step(m);
    CHECK((m.ram.read({far_table}, 4) & (pg::A | pg::D)) == pg::A);
    test::step(m);
    CHECK((m.ram.read({far_table + 4}, 4) & (pg::A | pg::D)) == (pg::A | pg::D));
    machine::Machine refused = paged("mov [0x400000], eax", 0);
    test::put(refused, far_table, 0x20000 | pg::P, 4);
    test::step(refused);
    CHECK((refused.ram.read({far_table}, 4) & (pg::A | pg::D)) == 0);
}

TEST_CASE("a changed entry stays unseen until INVLPG or a load of CR3") {
    for (const char* flush : {"nop", "invlpg [0x400000]", "mov eax, cr3\nmov cr3, eax"}) {
        CAPTURE(flush);
        const std::string text =
            std::string("mov eax, [0x400000]\nmov dword [0x12000], 0x21003\n") + flush +
            "\nmov ebx, [0x400000]\nhlt";
        machine::Machine m = paged(text, 0);
        test::put(m, far_table, 0x20000 | pg::P | pg::RW, 4);
        test::put(m, 0x20000, 0x11111111, 4);
        test::put(m, 0x21000, 0x22222222, 4);
        machine::Limits l;
        CHECK(machine::run(m, l, {}).reason == machine::Stop::Halted);
        const bool flushed = std::string(flush) != "nop";
        CHECK(m.cpu.regs.gpr[cpu::BX] == (flushed ? 0x22222222 : 0x11111111));
    }
}

TEST_CASE("an instruction that faults on its second page leaves no trace") {
    machine::Machine m = paged("push dword [0x400ffe]", 0);
    test::put(m, far_table, 0x20000 | pg::P | pg::RW, 4);
    const auto before = m.cpu.regs.gpr;
    test::step(m);
    REQUIRE(page_faulted(m));
    CHECK(m.cpu.cr2 == 0x401000);
    auto after = m.cpu.regs.gpr;
    after[cpu::SP] = before[cpu::SP];
    CHECK(after == before);
}

TEST_CASE(
    "CR2 names the first byte that could not be reached, also of what reads and then writes") {
    for (const char* text : {"mov eax, [0x400ffe]", "mov [0x400ffe], eax", "add [0x400ffe], eax",
                             "btc dword [0x400ffd], 1", "xchg [0x400ffd], ecx"}) {
        CAPTURE(text);
        machine::Machine m = paged(text, 3);
        test::put(m, far_table, 0x20000 | pg::P | pg::RW | pg::US, 4);
        test::step(m);
        REQUIRE(page_faulted(m));
        CHECK(m.cpu.cr2 == 0x401000);
    }
}

TEST_CASE("a 4-MByte page maps with PSE on") {
    machine::Machine m = paged("mov eax, [0x812345]", 0);
    m.cpu.cr4 |= isa::cr4::PSE;
    test::put(m, directory + 8, 0x400000 | pg::P | pg::RW | pg::PS, 4);
    test::put(m, 0x412345, 0xcafef00d, 4);
    test::step(m);
    CHECK(m.cpu.regs.gpr[cpu::AX] == 0xcafef00d);
    CHECK((m.ram.read({directory + 8}, 4) & pg::A) != 0);
}

TEST_CASE("code that overwrites itself runs what it wrote") {
    machine::Machine m = paged(R"(
        mov ecx, 3
    again:
        mov byte [patched + 1], cl
    patched:
        mov al, 0
        add edx, eax
        loop again
        hlt
    )",
                               0);
    m.cpu.regs.gpr[cpu::AX] = m.cpu.regs.gpr[cpu::DX] = 0;
    machine::Limits l;
    CHECK(machine::run(m, l, {}).reason == machine::Stop::Halted);
    CHECK(m.cpu.regs.gpr[cpu::DX] == 6);
}
