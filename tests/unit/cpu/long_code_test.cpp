// 64-bit code: registers, operand sizes, addresses. Values were worked out by hand from the manual.
#include <doctest/doctest.h>

#include "tests/unit/machine/long_machine.hpp"

using namespace ringside;
using cpu::AX, cpu::BX, cpu::CX, cpu::DX, cpu::SP, cpu::SI, cpu::DI, cpu::R8, cpu::R15;

namespace {

/// Runs to the HLT at the end.
machine::Machine ran(std::string_view text) {
    machine::Machine m = test::long_machine(std::string(text) + "\nhlt");
    machine::Limits l;
    l.steps = 10'000;
    const machine::Stop stop = machine::run(m, l, {});
    CAPTURE(stop.what);
    REQUIRE(stop.reason == machine::Stop::Halted);
    REQUIRE(m.cpu.regs.rip < 0x200000);
    REQUIRE(m.cpu.regs.rip >= test::code_at);
    return m;
}

}  // namespace

TEST_CASE("64-bit instructions give what the manual says") {
    struct Case {
        const char* text;
        u8 reg;
        u64 value;
    };
    const Case cases[] = {
        {"mov rax, 0x123456789abcdef0", AX, 0x123456789abcdef0},
        {"mov rax, -1\nmov eax, 5", AX, 5},  // 32-bit results are zero-extended
        {"mov rax, -1\nmov ax, 5", AX, 0xffffffffffff0005},
        {"mov rax, -1\nmov al, 5", AX, 0xffffffffffffff05},
        {"mov rsi, 0x1122\nmov sil, 0xff", SI, 0x11ff},
        {"mov rsp, 0x90000\nmov spl, 0x10", SP, 0x90010},
        {"mov r15, 0x1122\nmov r15b, 0x80", R15, 0x1180},
        {"mov eax, 0x11223344\nmov bl, ah", BX, 0x33},
        {"mov r8, 0x80000000\nmovsxd rax, r8d", AX, 0xffffffff80000000},
        {"mov eax, 0x80000000\ncdqe", AX, 0xffffffff80000000},
        {"mov rax, 0x8000000000000000\ncqo", DX, ~u64{0}},
        {"mov rax, 7\ncqo", DX, 0},
        {"mov rax, 0xffffffffffffffff\nmov rcx, 0xffffffffffffffff\nmul rcx", DX,
         0xfffffffffffffffe},
        {"mov rax, -3\nmov rcx, 5\nimul rcx", DX, ~u64{0}},
        {"mov rax, -3\nimul rax, rax, -7", AX, 21},
        {"mov rdx, 1\nmov rax, 0\nmov rcx, 3\ndiv rcx", AX, 0x5555555555555555},
        {"mov rdx, 1\nmov rax, 0\nmov rcx, 3\ndiv rcx", DX, 1},
        {"mov rdx, -1\nmov rax, -7\nmov rcx, 2\nidiv rcx", AX, u64(-3)},
        {"mov rax, 1\nshl rax, 63", AX, bit(63)},
        {"mov rax, 1\nmov cl, 65\nshl rax, cl", AX, 2},
        {"mov eax, 1\nmov cl, 33\nshl eax, cl", AX, 2},
        {"mov rax, 1\nror rax, 1", AX, bit(63)},
        {"mov rax, 0x0123456789abcdef\nbswap rax", AX, 0xefcdab8967452301},
        {"xor eax, eax\nbts rax, 40", AX, bit(40)},
        {"mov rax, 0x100000000\nbsf rcx, rax", CX, 32},
        {"push -2\npop rax", AX, u64(-2)},
        {"mov rax, 0xffffffff80000000\nand rax, 0xffffffff80000000", AX, 0xffffffff80000000},
        {"lea rax, [rel next]\nnext:", AX, test::code_at + 7},
        {"jmp over\nvalue: dq 0x1122334455667788\nover: mov rax, [rel value]", AX,
         0x1122334455667788},
        {"mov rbx, value\nmov rax, [rbx + 8]\njmp over\nvalue: dq 1, 2\nover:", AX, 2},
        {"mov rax, 0x900000000\nlea ebx, [rax + 4]", BX, 4},
        {"mov rcx, 0x100000002\nagain: inc r8\nloop again, ecx", R8, 2},
        {"mov rdi, 0x50000\nmov rax, 0x0102030405060708\nmov ecx, 4\nrep stosq\nmov rbx, [0x50018]",
         BX, 0x0102030405060708},
        {"mov rdi, 0x50000\nmov rax, 0x0102030405060708\nmov ecx, 4\nrep stosq", DI, 0x50020},
        {"call there\nhlt\nthere: pop rax", AX, test::code_at + 5},
        {"mov rax, 5\nmov [0x50000], rax\nmov rdx, 0\nmov qword [0x50008], 0\nmov rbx, 1\nmov rcx, "
         "2\nlock cmpxchg16b [0x50000]\nmov rax, [0x50008]",
         AX, 2},
        {"mov rax, 5\nmov [abs qword 0x50000], rax\nxor eax, eax\nmov rax, [abs qword 0x50000]", AX,
         5},
        // What CMPXCHG leaves as it was keeps its upper half, in the register and in RAX.
        {"mov rbx, 0x100000007\nmov rax, 3\ncmpxchg ebx, ecx", BX, 0x100000007},
        {"mov rbx, 0x100000007\nmov rax, 0x300000007\nmov ecx, 5\ncmpxchg ebx, ecx", BX, 5},
        {"mov rbx, 0x100000007\nmov rax, 0x300000007\ncmpxchg ebx, ecx", AX, 0x300000007},
        // F3 before XCHG with R8: no PAUSE.
        {"mov rax, 0x100000001\nmov r8, 0x200000002\ndb 0xf3, 0x41, 0x90", AX, 2},
        {"mov rax, 0x100000001\nmov r8, 0x200000002\ndb 0xf3, 0x49, 0x90", R8, 0x100000001},
        {"push rsp\npop rax", AX, test::stack_at},
        {"pushfq\npop rax", AX, 2},
        {"enter 16, 0\nmov rax, rsp", AX, test::stack_at - 8 - 16},
        {"mov r9, 3\nxor eax, eax\ncmp r9, 3\nsete al", AX, 1},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        CHECK(ran(c.text).cpu.regs.gpr[c.reg] == c.value);
    }
}

TEST_CASE("instructions that 64-bit mode does not have are undefined") {
    for (const std::vector<u8>& bytes : {std::vector<u8>{0x06},
                                         {0x27},
                                         {0x37},
                                         {0x60},
                                         {0x61},
                                         {0x62, 0x00},
                                         {0x9a, 1, 0, 0, 0, 8, 0},
                                         {0xc4, 0x00},
                                         {0xce},
                                         {0xd4, 10},
                                         {0xea, 1, 0, 0, 0, 8, 0},
                                         {0x82, 0xc0, 1}}) {
        CAPTURE(int(bytes[0]));
        machine::Machine m = test::long_machine("nop");
        m.poke({test::code_at}, bytes);
        test::Events events;
        test::step(m, 1, &events);
        REQUIRE(!events.all.empty());
        CHECK(events.all[0].kind == trace::EventKind::Exception);
        CHECK(events.all[0].vector == 6);
    }
}

TEST_CASE(
    "an address that is not canonical is a #GP, through the stack a #SS, and leaves no trace") {
    struct Case {
        const char* text;
        u8 vector;
        u64 frame = 0x900000000000;
    };
    const Case cases[] = {
        {"mov rax, [rbx]", 13},
        {"mov [rbx], rax", 13},
        {"add [rbx], rax", 13},
        {"mov rax, [rbp]", 12},
        {"mov rax, [rbp]", 12, 0x7fffffffffffffff},
        {"leave", 12, 0x7fffffffffffffff},
        {"jmp rbx", 13},
        {"call rbx", 13},
        {"mov rax, [fs:rbx]", 13},
        {"mov rax, [rbx - 1]", 13},
    };
    for (const Case& c : cases) {
        CAPTURE(c.text);
        machine::Machine m = test::long_machine(c.text);
        m.cpu.regs.gpr[BX] = 0x800000000000;
        if (c.vector == 12) m.cpu.regs.gpr[cpu::BP] = c.frame;
        const auto before = m.cpu.regs.gpr;
        test::Events events;
        test::step(m, 1, &events);
        REQUIRE(!events.all.empty());
        CHECK(events.all[0].vector == c.vector);
        CHECK(m.cpu.regs.gpr[AX] == before[AX]);
    }
}

TEST_CASE("FS and GS have a base in 64-bit mode, the others none") {
    machine::Machine m =
        test::long_machine("mov rax, [fs:0x10]\nmov rbx, [gs:0x10]\nmov rcx, [ds:0x10]");
    for (cpu::Segment& s : m.cpu.seg) s.base = 0x50000;
    m.cpu.seg[decode::GS].base = 0x60000;
    m.cpu.derive_segments();
    test::put(m, 0x50010, 5);
    test::put(m, 0x60010, 6);
    test::put(m, 0x10, 7);
    test::step(m, 3);
    CHECK(m.cpu.regs.gpr[AX] == 5);
    CHECK(m.cpu.regs.gpr[BX] == 6);
    CHECK(m.cpu.regs.gpr[CX] == 7);
}
