// Single-stepping, breakpoints, the shadow of MOV SS; alignment checking; CR0.EM, TS and MP; UMIP.
#include <doctest/doctest.h>

#include "tests/unit/machine/rings.hpp"

using namespace ringside;
namespace fl = isa::flags;

namespace {

constexpr u64 B0 = 1, B1 = 2, BD = bit(13), BS = bit(14);

machine::Machine kernel(std::string_view text, u8 cpl = 0) {
    machine::Machine m = test::flat_machine(text);
    test::kernel_tables(m);
    test::enter_ring(m, cpl);
    return m;
}
u64 stack(const machine::Machine& m, unsigned n) {
    return m.ram.read({(m.cpu.regs.gpr[cpu::SP] & 0xffffffff) + 4 * n}, 4);
}
u64 handler(unsigned vector) { return test::handlers_at + 16 * vector; }

/// Breakpoint `n` at `address`, as DR7 has it: R/W and LEN.
void set_breakpoint(machine::Machine& m, unsigned n, u64 address, u64 rw, u64 len) {
    m.cpu.dr[n] = address;
    m.cpu.dr[7] |= bit(2 * n + 1) | rw << (16 + 4 * n) | len << (18 + 4 * n);
}

/// Runs into the debug handler; the offset of the saved EIP from the code's start.
u64 debug_offset(machine::Machine& m, u64 most = 50) {
    for (u64 n = 0; n < most && m.cpu.regs.rip != handler(1); ++n)
        if (test::step(m).reason != machine::Stop::Limit) break;
    REQUIRE(m.cpu.regs.rip == handler(1));
    return stack(m, 0) - test::code_at;
}
u64 conditions(const machine::Machine& m) { return m.cpu.dr[6] & 0xe00f; }

}  // namespace

TEST_CASE("TF traps after the instruction that follows the one that set it") {
    machine::Machine m = kernel("pushf\nor dword [esp], 0x100\npopf\nnop\nnop");
    CHECK(debug_offset(m) == 10);  // after the first NOP
    CHECK(conditions(m) == BS);
    CHECK(has(stack(m, 2), fl::TF));
    CHECK_FALSE(has(m.cpu.regs.flags, fl::TF));
}

TEST_CASE("with IA32_DEBUGCTL.BTF only branches that are taken trap, and the trap clears BTF") {
    const auto stepped = [](std::string_view text) {
        machine::Machine m = kernel(
            "mov ecx, 0x1d9\nmov eax, 2\nxor edx, edx\nwrmsr\n"
            "pushf\nor dword [esp], 0x100\npopf\n" +
            std::string(text));
        const u64 offset = debug_offset(m);
        CHECK(conditions(m) == BS);
        CHECK(m.cpu.msr.debugctl == 0);
        return offset - 23;
    };
    CHECK(stepped("nop\njmp a\nnop\na: nop") == 4);
    CHECK(stepped("test eax, eax\njz a\njnz a\nnop\na: nop") == 7);
    CHECK(stepped("call a\nnop\na: nop") == 6);
    machine::Machine refused = kernel("mov ecx, 0x1d9\nmov eax, 4\nxor edx, edx\nwrmsr");
    test::step(refused, 4);
    CHECK(refused.cpu.regs.rip == handler(13));
}

TEST_CASE("INT n clears TF without a trap; a fault comes before the trap") {
    machine::Machine m = kernel("int 0x80");
    m.cpu.regs.flags |= fl::TF;
    test::step(m, 2);
    CHECK(m.cpu.regs.rip == handler(0x80) + 1);  // its HLT, no trap before it
    CHECK(conditions(m) == 0);
    machine::Machine bad = kernel("ud2");
    bad.cpu.regs.flags |= fl::TF;
    test::step(bad);
    CHECK(bad.cpu.regs.rip == handler(6));
    CHECK(has(stack(bad, 2), fl::TF));
}

TEST_CASE("a repeated string instruction traps after each round") {
    machine::Machine m = kernel("rep stosb\nnop");
    m.cpu.regs.gpr[cpu::CX] = 3;
    m.cpu.regs.gpr[cpu::DI] = 0x200000;
    m.cpu.regs.flags |= fl::TF;
    CHECK(debug_offset(m) == 0);
    CHECK(m.cpu.regs.gpr[cpu::CX] == 2);
}

TEST_CASE("MOV SS holds the trap back until after the next instruction") {
    machine::Machine m = kernel("mov ss, ax\nnop\nnop");
    m.cpu.regs.gpr[cpu::AX] = 0x10;
    m.cpu.regs.flags |= fl::TF;
    CHECK(debug_offset(m) == 3);
    // A data breakpoint of the MOV SS itself waits as well, even across INT n.
    machine::Machine i = kernel("mov ss, [0x7000]\nint 0x80");
    test::put(i, 0x7000, 0x10, 2);
    set_breakpoint(i, 0, 0x7000, 3, 1);
    test::step(i, 2);
    CHECK(i.cpu.regs.rip == handler(0x80));
    test::step(i);
    CHECK(i.cpu.regs.rip == handler(1));
    CHECK(conditions(i) == B0);
    CHECK(stack(i, 0) == handler(0x80));
}

TEST_CASE("an instruction breakpoint is a fault before the instruction, once") {
    machine::Machine m = kernel("nop\nnop\nnop\nnop");
    set_breakpoint(m, 1, test::code_at + 2, 0, 0);
    CHECK(debug_offset(m) == 2);
    CHECK(conditions(m) == B1);
    // Back with RF set, as a handler does: the instruction runs.
    m.poke({u32(handler(1))},
           assembler::assemble_flat("or dword [esp+8], 0x10000\niretd", u32(handler(1))));
    test::step(m, 3);
    CHECK(m.cpu.regs.rip == test::code_at + 3);
    CHECK_FALSE(has(m.cpu.regs.flags, fl::RF));
}

TEST_CASE("data breakpoints trap after the access, by kind, length and alignment") {
    const struct {
        const char* text;
        u64 address, rw, len;
        bool hit;
    } table[] = {
        {"mov [0x7004], eax", 0x7004, 1, 3, true},  {"mov [0x7000], eax", 0x7004, 1, 3, false},
        {"mov [0x7002], eax", 0x7004, 1, 3, true},  {"mov [0x7007], al", 0x7004, 1, 3, true},
        {"mov [0x7008], al", 0x7004, 1, 3, false},  {"mov [0x7005], al", 0x7004, 1, 0, false},
        {"mov [0x7005], al", 0x7004, 1, 1, true},   {"mov eax, [0x7004]", 0x7004, 1, 3, false},
        {"mov eax, [0x7004]", 0x7004, 3, 3, true},  {"mov [0x7004], eax", 0x7004, 3, 3, true},
        {"mov [0x7004], eax", 0x7004, 0, 0, false}, {"push eax", test::stack_at - 4, 1, 3, true},
        {"add [0x7004], eax", 0x7004, 1, 3, true},  {"mov [0x6fff], ax", 0x7000, 1, 0, true},
    };
    for (const auto& row : table)
        for (const bool warm : {false, true}) {
            CAPTURE(row.text);
            CAPTURE(row.address);
            CAPTURE(warm);
            const std::string text =
                std::string(warm ? "mov [0x7100], ebx\n" : "") + row.text + "\nnop\nnop";
            machine::Machine m = kernel(text);
            set_breakpoint(m, 0, row.address, row.rw, row.len);
            const u64 length =
                assembler::assemble_flat(std::string(row.text)).size() + (warm ? 6 : 0);
            test::step(m, warm ? 3 : 2);
            CHECK((m.cpu.regs.rip == handler(1)) == row.hit);
            if (row.hit) {
                CHECK(stack(m, 0) == test::code_at + length);
                CHECK(conditions(m) == B0);
            }
        }
}

TEST_CASE("a breakpoint inside REP MOVS traps after that round") {
    machine::Machine m = kernel("rep movsd\nnop");
    m.cpu.regs.gpr[cpu::CX] = 8;
    m.cpu.regs.gpr[cpu::SI] = 0x7000;
    m.cpu.regs.gpr[cpu::DI] = 0x8000;
    set_breakpoint(m, 0, 0x8008, 1, 3);
    CHECK(debug_offset(m) == 0);
    CHECK(m.cpu.regs.gpr[cpu::CX] == 5);
    CHECK(has(stack(m, 2), fl::RF));
}

TEST_CASE("port breakpoints need CR4.DE") {
    for (const bool de : {false, true}) {
        machine::Machine m = kernel("out 0x80, al\nnop\nnop");
        if (de) m.cpu.cr4 |= isa::cr4::DE;
        set_breakpoint(m, 0, 0x80, 2, 0);
        test::step(m, 2);
        CHECK((m.cpu.regs.rip == handler(1)) == de);
    }
}

TEST_CASE("DR7.GD makes the next access to a debug register a fault, and is then clear") {
    machine::Machine m = kernel("mov eax, 0x2000\nmov dr7, eax\nmov ecx, dr0");
    CHECK(debug_offset(m) == 8);
    CHECK(conditions(m) == BD);
    CHECK_FALSE(has(m.cpu.dr[7], BD));
}

TEST_CASE("DR4 and DR5 are DR6 and DR7, or undefined with CR4.DE; fixed bits stay") {
    machine::Machine m = kernel(
        "mov eax, -1\nmov dr6, eax\nmov ecx, dr4\nxor eax, eax\nmov dr6, eax\nmov edx, dr6\nmov "
        "ebx, dr5\nhlt");
    test::step(m, 7);
    CHECK(m.cpu.regs.gpr[cpu::CX] == 0xffffefff);
    CHECK(m.cpu.regs.gpr[cpu::DX] == 0xffff0ff0);
    CHECK(m.cpu.regs.gpr[cpu::BX] == 0x400);
    machine::Machine de = kernel("mov ecx, dr4");
    de.cpu.cr4 |= isa::cr4::DE;
    test::step(de);
    CHECK(de.cpu.regs.rip == handler(6));
}

TEST_CASE("with no breakpoint enabled a machine steps the same as ever") {
    machine::Machine m = kernel("mov [0x7004], eax\nmov eax, [0x7004]\nnop");
    m.cpu.dr[0] = 0x7004;
    m.cpu.dr[7] |= 3ull << 16;  // condition but no enable
    test::step(m, 3);
    CHECK(m.cpu.regs.rip == test::code_at + 11);
}

TEST_CASE("misaligned data of ring 3 is #AC(0) with CR0.AM and EFLAGS.AC, and in no other case") {
    for (const bool am : {false, true})
        for (const bool ac : {false, true})
            for (const u8 cpl : {u8(0), u8(3)})
                for (const char* text :
                     {"mov eax, [0x7002]", "mov [0x7001], ax", "mov eax, [0x7004]"}) {
                    CAPTURE(am);
                    CAPTURE(ac);
                    CAPTURE(int(cpl));
                    CAPTURE(text);
                    machine::Machine m = kernel(std::string("mov ebx, [0x7000]\n") + text, cpl);
                    if (am) m.cpu.cr0 |= isa::cr0::AM;
                    if (ac) m.cpu.regs.flags |= fl::AC;
                    test::step(m, 2);
                    const bool misaligned = text[strlen(text) - 2] != '4' && text[12] != '4';
                    const bool expected = am && ac && cpl == 3 && misaligned &&
                                          std::string(text) != "mov eax, [0x7004]";
                    CHECK((m.cpu.regs.rip == handler(17)) == expected);
                    if (expected) CHECK(stack(m, 0) == 0);
                }
}

TEST_CASE("so is a misaligned stack of ring 3, whatever pushes") {
    for (const char* text : {"push eax", "call near there\nthere:", "pusha", "pushf",
                             "call 0x33:there\nthere:", "enter 8, 0"}) {
        CAPTURE(text);
        machine::Machine m = kernel(text, 3);
        const u64 start = m.cpu.regs.gpr[cpu::SP] -= 2;
        m.cpu.cr0 |= isa::cr0::AM;
        m.cpu.regs.flags |= fl::AC;
        test::step(m);
        CHECK(m.cpu.regs.rip == handler(17));
        CHECK(stack(m, 0) == 0);
        CHECK(stack(m, 4) == start);
    }
}

TEST_CASE("x87, MMX and SSE give #NM and #UD as CR0 and CR4 say, and stop by name where allowed") {
    using namespace isa::cr0;
    const struct {
        const char* text;
        u64 cr0;
        int vector;  ///< -1: not modelled; -2: runs
    } table[] = {{"fld1", 0, -1},       {"fld1", EM, 7},        {"fld1", TS, 7},
                 {"fwait", 0, -2},      {"fwait", TS, -2},      {"fwait", MP, -2},
                 {"fwait", MP | TS, 7}, {"fwait", MP | EM, -2}, {"emms", 0, -1},
                 {"emms", EM, 6},       {"emms", TS, 7},        {"addps xmm0, xmm1", 0, 6},
                 {"xgetbv", 0, 6},      {"xsetbv", 0, 6},       {"rdpmc", 0, 13}};
    for (const auto& row : table) {
        CAPTURE(row.text);
        CAPTURE(row.cr0);
        machine::Machine m = kernel(row.text);
        m.cpu.cr0 |= row.cr0;
        const machine::Stop stop = test::step(m);
        CHECK((stop.reason == machine::Stop::NotModelled) == (row.vector == -1));
        if (row.vector >= 0) CHECK(m.cpu.regs.rip == handler(unsigned(row.vector)));
        if (row.vector == -2) CHECK(m.cpu.regs.rip == test::code_at + 1);
    }
}

TEST_CASE("CR4.UMIP keeps the descriptor-table registers and CR0 from ring 3") {
    for (const char* text : {"sgdt [0x7000]", "sidt [0x7000]", "sldt ax", "str ax", "smsw ax"})
        for (const bool umip : {false, true}) {
            CAPTURE(text);
            machine::Machine m = kernel(text, 3);
            if (umip) m.cpu.cr4 |= isa::cr4::UMIP;
            test::step(m);
            CHECK((m.cpu.regs.rip == handler(13)) == umip);
        }
}

TEST_CASE("IRET ends the blocking of NMIs") {
    machine::Machine m = kernel("iretd");
    const u32 frame[] = {0x5000, 0x08, 0x2};
    for (unsigned n = 0; n < 3; ++n) test::put(m, test::stack_at + 4 * n, frame[n], 4);
    m.cpu.nmi_blocked = true;
    test::step(m);
    CHECK_FALSE(m.cpu.nmi_blocked);
}
