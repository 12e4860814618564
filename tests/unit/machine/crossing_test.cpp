// Rings crossed back and forth: a run that nobody watches goes on with the next block at once, and
// ends as one that stops after every step.
#include <doctest/doctest.h>

#include "sim/isa/pc.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using machine::Machine;

namespace {

constexpr u32 program_at = 0x6000, ticks_at = 0x9000;

void put_handler(Machine& m, u8 vector, std::string_view text) {
    const std::vector<u8> code = assembler::assemble_flat(text, test::handlers_at + 16u * vector);
    REQUIRE(code.size() <= 16);
    m.poke({test::handlers_at + 16u * vector}, code);
}

/// A program of ring `cpl` that calls on ring 0 by INT 80h, whose handler takes its time.
Machine program(std::string_view text, u8 cpl) {
    Machine m = test::flat_machine("hlt");
    test::kernel_tables(m);
    put_handler(m, 0x80, "push ecx\n mov ecx, 300\n spin: loop spin\n pop ecx\n iretd");
    put_handler(m, 0x20,
                "inc dword [0x9000]\n push eax\n mov al, 0x20\n out 0x20, al\n pop eax\n iretd");
    put_handler(m, u8(isa::Vector::UD), "add dword [esp], 2\n iretd");
    put_handler(m, u8(isa::Vector::GP), "add esp, 4\n inc dword [esp]\n iretd");
    put_handler(m, u8(isa::Vector::DB), "inc dword [0x9004]\n iretd");
    m.poke({program_at}, assembler::assemble_flat(text, program_at));
    test::enter_ring(m, cpl);
    m.cpu.regs.rip = program_at;
    return m;
}

/// The timer interrupts every `period` of its clock's ticks, at vector 20h.
void start_timer(Machine& m, u16 period) {
    namespace port = isa::pc::port;
    const auto out = [&m](u16 where, u32 value) { m.board.out(where, 1, value, m.now); };
    for (const auto& [where, value] : {std::pair<u16, u32>{port::pic1_command, 0x11},
                                       {port::pic1_data, 0x20},
                                       {port::pic1_data, 4},
                                       {port::pic1_data, 1},
                                       {port::pic1_data, 0xfe},
                                       {port::pit_control, 0x34},
                                       {port::pit_counter0, period & 0xff},
                                       {port::pit_counter0, period >> 8}})
        out(where, value);
    m.cpu.regs.flags |= isa::flags::IF;
}

void check_alike(const Machine& start, u64 steps) {
    Machine whole = start, stepped = start;
    machine::Limits limits;
    limits.steps = start.steps + steps;
    machine::run(whole, limits, {});
    while (stepped.steps < limits.steps && test::step(stepped).reason == machine::Stop::Limit) {}
    CHECK(whole.cpu.regs == stepped.cpu.regs);
    CHECK(whole == stepped);
}

}  // namespace

TEST_CASE("an interrupt that waited for the handler's IRET comes before the next instruction") {
    Machine m = program("again: int 0x80\n inc ebx\n jmp again", 3);
    start_timer(m, 13);
    check_alike(m, 20'000);
    machine::Limits limits;
    limits.steps = 20'000;
    machine::run(m, limits, {});
    CHECK(m.ram.read({ticks_at}, 4) > 10);
}

TEST_CASE("faults that a handler steps over, over and over") {
    check_alike(program("again: ud2\n inc ebx\n cli\n int 0x80\n jmp again", 3), 20'000);
}

TEST_CASE("an IRET that sets TF: the trap comes after the next instruction") {
    const Machine m = program(
        "again: pushfd\n or dword [esp], 0x100\n push cs\n push on\n iretd\n"
        "on: inc ebx\n inc ebx\n pushfd\n and dword [esp], ~0x100\n popfd\n jmp again",
        0);
    check_alike(m, 5'000);
    Machine ran = m;
    machine::Limits limits;
    limits.steps = 5'000;
    machine::run(ran, limits, {});
    CHECK(ran.ram.read({ticks_at + 4}, 4) > 100);
}

TEST_CASE("RF from an IRET: seen by whatever stores EFLAGS whole, gone afterwards") {
    // The next instruction is INT, UD2, PUSHFD, a far call.
    check_alike(program("again: pushfd\n or dword [esp], 0x10000\n push cs\n push on\n iretd\n"
                        "on: int 0x80\n jmp again",
                        0),
                5'000);
    check_alike(program("again: pushfd\n or dword [esp], 0x10000\n push cs\n push on\n iretd\n"
                        "on: ud2\n jmp again",
                        0),
                5'000);
    check_alike(program("again: pushfd\n or dword [esp], 0x10000\n push cs\n push on\n iretd\n"
                        "on: pushfd\n pop edx\n jmp again",
                        0),
                5'000);
}

TEST_CASE("RF from an IRET is in the EFLAGS that a task switch right behind it saves") {
    constexpr u32 other_tss = 0x3200, eflags_at = 36;
    Machine m = program(
        "again: pushfd\n or dword [esp], 0x10000\n push cs\n push on\n iretd\n"
        "on: jmp 0x40:0\n jmp again",
        0);
    m.cpu.gdtr.limit = 9 * 8 - 1;
    test::put(m, test::gdt_at + 0x40, isa::tss32(other_tss, 103).raw);
    const u32 fields[][2] = {{32, test::handlers_at},
                             {eflags_at, 2},
                             {56, 0x70000},
                             {72, 0x10},
                             {76, 0x08},
                             {80, 0x10},
                             {84, 0x10},
                             {88, 0x10},
                             {92, 0x10}};
    for (const auto& [at, value] : fields) test::put(m, other_tss + at, value, 4);
    check_alike(m, 100);
    machine::Limits limits;
    limits.steps = 100;
    CHECK(machine::run(m, limits, {}).reason == machine::Stop::Halted);
    CHECK((m.ram.read({test::tss_at + eflags_at}, 4) & isa::flags::RF) != 0);
}

TEST_CASE("RF holds back a breakpoint once") {
    Machine m = program(
        "again: pushfd\n or dword [esp], 0x10000\n push cs\n push on\n iretd\n"
        "on: inc ebx\n jmp again",
        0);
    m.cpu.dr[0] = program_at + assembler::assemble_flat(
                                   "again: pushfd\n or dword [esp], 0x10000\n"
                                   " push cs\n push on\n iretd\n on:",
                                   program_at)
                                   .size();
    m.cpu.dr[7] |= 2;
    check_alike(m, 5'000);
    machine::Limits limits;
    limits.steps = 5'000;
    machine::run(m, limits, {});
    CHECK(m.ram.read({ticks_at + 4}, 4) == 0);
    CHECK(m.cpu.regs.gpr[cpu::BX] > 100);
}

TEST_CASE("a fault whose handler cannot be reached shuts the machine down in the same place") {
    Machine m =
        program("again: int 0x80\n dec ecx\n jnz again\n lidt [none]\n ud2\n none: dd 0, 0", 0);
    m.cpu.regs.gpr[cpu::CX] = 20;
    check_alike(m, 20'000);
    machine::Limits limits;
    CHECK(machine::run(m, limits, {}).reason == machine::Stop::Shutdown);
}
