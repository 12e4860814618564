// Integer instructions of later generations, and what silicon does where the manual says undefined:
// known answers. tests/oracle compares every form with the host's CPU; these run everywhere.
#include <doctest/doctest.h>

#include <algorithm>

#include "sim/isa/cpuid.hpp"
#include "sim/isa/msrs.hpp"
#include "tests/unit/machine/long_machine.hpp"

using namespace ringside;
using cpu::AX;
using cpu::BX;
using cpu::CX;
using cpu::DX;

namespace {

namespace fl = isa::flags;

/// EAX = a, ECX = c, EDX = d, all status flags set; then the instruction.
machine::Machine after(const std::string& instruction, u32 a, u32 c, u32 d) {
    machine::Machine m = test::flat_machine(instruction + "\nhlt");
    m.cpu.regs.gpr[AX] = a;
    m.cpu.regs.gpr[CX] = c;
    m.cpu.regs.gpr[DX] = d;
    m.cpu.regs.flags |= fl::status;
    test::step(m);
    return m;
}

}  // namespace

TEST_CASE("integer instructions give their known results and flags") {
    struct Row {
        const char* instruction;
        u32 a, c, d;
        u32 result;  // in EAX
        u64 flags;
    };
    using namespace isa::flags;
    const Row rows[] = {
        {"andn eax, ecx, edx", 0, 0xff00ff00, 0x12345678, 0x00340078, 0},
        {"bextr eax, ecx, edx", 0, 0x12345678, 0x0c08, 0x456, 0},
        {"bextr eax, ecx, edx", 9, 0x12345678, 0x0420, 0, ZF},
        {"blsi eax, ecx", 0, 0x58, 0, 8, CF},
        {"blsi eax, ecx", 9, 0, 0, 0, ZF},
        {"blsmsk eax, ecx", 0, 0x58, 0, 0xf, 0},
        {"blsmsk eax, ecx", 0, 0, 0, 0xffffffff, SF | CF},
        {"blsr eax, ecx", 0, 0x58, 0, 0x50, 0},
        {"bzhi eax, ecx, edx", 0, 0xffffffff, 0x105, 0x1f, 0},
        {"bzhi eax, ecx, edx", 0, 0xf0000000, 32, 0xf0000000, SF | CF},
        {"pdep eax, ecx, edx", 0, 0x5, 0x92, 0x82, status},
        {"pext eax, ecx, edx", 0, 0x82, 0x92, 0x5, status},
        {"rorx eax, ecx, 4", 0, 0x12345678, 0, 0x81234567, status},
        {"sarx eax, ecx, edx", 0, 0x80000000, 36, 0xf8000000, status},
        {"shlx eax, ecx, edx", 0, 0x80000001, 33, 2, status},
        {"shrx eax, ecx, edx", 0, 0x80000001, 1, 0x40000000, status},
        {"adcx eax, ecx", 0xfffffffe, 1, 0, 0, status},
        {"adcx eax, ecx", 1, 1, 0, 3, status & ~CF},
        {"adox eax, ecx", 1, 1, 0, 3, status & ~OF},
        {"lzcnt eax, ecx", 0, 0x00010000, 0, 15, 0},
        {"lzcnt ax, cx", 0, 0, 0, 16, CF},
        {"tzcnt eax, ecx", 0, 1, 0, 0, ZF},
        {"tzcnt eax, ecx", 0, 0, 0, 32, CF},
        {"popcnt eax, ecx", 0, 0xf0f0, 0, 8, 0},
        {"crc32 eax, ecx", 0xffffffff, 0x34333231, 0, 0x9c50b11, status},
        {"movbe [esp], ecx\nmov eax, [esp]", 0, 0x12345678, 0, 0, status},
        // What Intel's processors do where the manual says undefined.
        {"bsf eax, ecx", 9, 0, 0, 9, ZF | PF},
        {"bsr eax, ecx", 9, 0x700, 0, 10, PF},
        {"shl eax, 4", 0x40000001, 0, 0, 0x10, OF},
        {"shr eax, 4", 0x80000000, 0, 0, 0x08000000, OF | PF},
        {"ror eax, 8", 0x80000001, 0, 0, 0x01800000, status & ~(CF | OF)},
        {"rcl ax, 17", 0x1234, 0, 0, 0x1234, status},
        {"shld ax, cx, 20", 0x1234, 0xabcd, 0, 0xbcd1, SF | PF},
        {"shrd ax, cx, 20", 0x1234, 0xabcd, 0, 0x4abc, CF | OF},
    };
    for (const Row& row : rows) {
        CAPTURE(row.instruction);
        const machine::Machine m = after(row.instruction, row.a, row.c, row.d);
        if (std::string_view(row.instruction).starts_with("movbe"))
            CHECK(m.ram.read({m.cpu.regs.gpr[cpu::SP]}, 4) == 0x78563412);
        else
            CHECK(m.cpu.regs.gpr[AX] == row.result);
        CHECK((m.cpu.regs.flags & status) == row.flags);
    }
}

TEST_CASE("MULX into one register keeps the high half, XADD addresses by the old source") {
    CHECK(after("mulx eax, eax, ecx", 0, 0x80000000, 6).cpu.regs.gpr[AX] == 3);
    const machine::Machine m = after("mulx eax, ecx, ecx", 0, 0x80000000, 7);
    CHECK(m.cpu.regs.gpr[AX] == 3);
    CHECK(m.cpu.regs.gpr[CX] == 0x80000000);

    machine::Machine x = test::flat_machine("xadd [ecx], ecx\nhlt");
    x.cpu.regs.gpr[CX] = 0x8000;
    test::put(x, 0x8000, 5, 4);
    test::step(x);
    CHECK(x.ram.read({0x8000}, 4) == 0x8005);
    CHECK(x.cpu.regs.gpr[CX] == 5);
}

TEST_CASE("a selector is pushed as 16 bits, the rest of its place on the stack stays") {
    machine::Machine m = test::flat_machine("push ds\nhlt");
    test::put(m, test::stack_at - 4, 0xabcd1234, 4);
    test::step(m);
    CHECK(m.cpu.regs.gpr[cpu::SP] == test::stack_at - 4);
    CHECK(m.ram.read({test::stack_at - 4}, 4) == (0xabcd0000 | m.cpu.seg[decode::DS].selector));
}

TEST_CASE("bytes that are no instruction here are #UD") {
    const char* const rows[] = {
        "ud0 eax, ecx",
        "ud1 eax, ecx",
        "ud2",
        "db 0xf0, 0x01, 0xc8",              // lock add eax, ecx: a register destination
        "db 0xf0, 0x3b, 0x00",              // lock cmp: does not write
        "db 0xf0, 0x90",                    // lock nop
        "db 0xf0, 0x0f, 0xba, 0x20, 0x01",  // lock bt: does not write
    };
    for (const char* text : rows) {
        CAPTURE(text);
        machine::Machine m = test::flat_machine(text);
        test::kernel_tables(m);
        test::enter_ring(m, 0);
        test::Events events;
        test::step(m, 1, &events);
        CHECK(m.cpu.regs.rip == test::handlers_at + 16 * u32(isa::Vector::UD));
    }
}

TEST_CASE("VEX-encoded instructions are #UD in real-address mode") {
    machine::Machine m = test::flat_machine("bits 16\nandn eax, ecx, edx");
    m.cpu.cr0 &= ~isa::cr0::PE;
    for (cpu::Segment& s : m.cpu.seg) s = cpu::Segment::real(0);
    m.cpu.seg[decode::CS] = cpu::Segment::real(test::code_at >> 4 & 0xffff);
    m.cpu.seg[decode::CS].base = test::code_at;
    m.cpu.regs.rip = 0;
    m.cpu.idtr = {0, 0x3ff};
    m.cpu.derive_segments();
    test::Events events;
    test::step(m, 1, &events);
    CHECK(std::any_of(events.all.begin(), events.all.end(), [](const trace::Event& e) {
        return e.kind == trace::EventKind::Exception && e.vector == u8(isa::Vector::UD);
    }));
}

TEST_CASE("RDTSCP and RDPID give IA32_TSC_AUX") {
    machine::Machine m = test::flat_machine(
        "mov ecx, 0xc0000103\nmov eax, 77\nxor edx, edx\nwrmsr\nrdtscp\nrdpid ebx\nhlt");
    test::step(m, 6);
    CHECK(m.cpu.regs.gpr[CX] == 77);
    CHECK(m.cpu.regs.gpr[BX] == 77);
}

TEST_CASE("NOPs of every length and the hint space do nothing, and do not touch memory") {
    const char* const rows[] = {
        "db 0x66, 0x90",
        "db 0x0f, 0x1f, 0x00",
        "db 0x66, 0x0f, 0x1f, 0x84, 0x00, 0, 0, 0, 0",
        "db 0xf3, 0x0f, 0x1e, 0xfa",  // ENDBR64
        "db 0xf3, 0x0f, 0x1e, 0xfb",  // ENDBR32
        "db 0x0f, 0x1a, 0x05, 0, 0, 0, 0xf0",
        "db 0x0f, 0x18, 0xc0",
        "db 0x0f, 0x0d, 0xc0",
        "db 0x0f, 0x0d, 0x0d, 0, 0, 0, 0xf0",  // prefetchw [f0000000]
    };
    for (const char* text : rows) {
        CAPTURE(text);
        machine::Machine m = test::flat_machine(std::string(text) + "\nhlt");
        const cpu::Registers before = m.cpu.regs;
        const machine::Stop stop = test::step(m);
        CHECK(stop.reason == machine::Stop::Limit);
        CHECK(m.cpu.regs.rip > before.rip);
        m.cpu.regs.rip = before.rip;
        CHECK(m.cpu.regs.gpr[AX] == before.gpr[AX]);
        CHECK(m.cpu.regs.flags == before.flags);
    }
}

TEST_CASE("CPUID announces what runs") {
    using namespace isa::cpuid;
    CHECK(answer(0).eax == highest_leaf);
    CHECK((answer(1).ecx & ecx_MOVBE) != 0);
    CHECK((answer(7).ebx & (leaf7_ebx_BMI1 | leaf7_ebx_BMI2 | leaf7_ebx_ADX)) != 0);
    CHECK(answer(7, 1).ebx == 0);
    CHECK((answer(0x80000001).ecx & extended_ecx_LZCNT) != 0);
    CHECK((answer(0x80000001).edx & extended_edx_RDTSCP) != 0);
    // Beyond the highest leaf: as the highest. SDM 2A "CPUID".
    CHECK(answer(0x1000).ebx == answer(7).ebx);
}
