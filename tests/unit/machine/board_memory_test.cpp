// Where the CPU meets the board: ROM, the local APIC in memory, IA32_APIC_BASE, what is not
// modelled.
#include <doctest/doctest.h>

#include "sim/isa/apic.hpp"
#include "sim/isa/cpuid.hpp"
#include "tests/unit/machine/rings.hpp"

using namespace ringside;
using namespace ringside::test;
using machine::Stop;

namespace {
constexpr u32 result_at = 0x9000;

/// A ROM of two pages; `text` is 16-bit code at its start, entered from the reset vector.
dev::Rom rom_with(std::string_view text) {
    std::vector<u8> bytes(8192, 0x90);
    const std::vector<u8> code = assembler::assemble_flat(text, 0);
    std::copy(code.begin(), code.end(), bytes.begin());
    const u8 jump[] = {0xe9, 0x0d, 0xe0};  // from FFF0h to E000h, the ROM's first byte
    std::copy(std::begin(jump), std::end(jump), bytes.end() - 16);
    return dev::Rom(std::move(bytes));
}
}  // namespace

TEST_CASE("after power-up the CPU runs the ROM at the end of 4 GiB") {
    machine::Config config;
    config.rom = rom_with("bits 16\nmov al, 0x5a\nout 0x80, al\ncli\nhlt\n");
    machine::Machine m(config);
    m.power_up();
    CHECK(m.cpu.seg[decode::CS].base + m.cpu.regs.rip == 0xfffffff0);
    CHECK(machine::run(m, {}, {}).reason == Stop::Halted);
    CHECK(m.board.post_code() == 0x5a);
    // The same bytes are seen below 1 MiB.
    CHECK(m.ram.read({0xfe000}, 2) == 0x5ab0);
}

TEST_CASE("a ROM is read, run and not written, at both its places") {
    machine::Config config;
    config.rom = rom_with("bits 32\nmov eax, 0x1234\nret\n");
    machine::Machine m = flat_machine(
        "mov ebx, 0xfffffff0\nmov eax, [ebx]\nmov [0x9000], eax\n"
        "mov dword [ebx], 0\nmov eax, [ebx]\nmov [0x9004], eax\n"
        "mov ebx, 0xffff0\nmov dword [ebx], 0\nmov eax, [ebx]\nmov [0x9008], eax\n"
        "mov ebx, 0xc0000\nmov byte [ebx], 1\nadd byte [ebx], 7\nmovzx eax, byte [ebx]\n"
        "mov [0x900c], eax\n"
        "mov esi, 0xffffe000\ncall esi\nmov [0x9010], eax\n"
        "mov esi, 0xfe000\nxor eax, eax\ncall esi\nmov [0x9014], eax\ncli\nhlt\n",
        config);
    REQUIRE(machine::run(m, {}, {}).reason == Stop::Halted);
    for (const u32 at : {0u, 4u, 8u}) CHECK(m.ram.read({result_at + at}, 4) == 0x90e00de9);
    CHECK(m.ram.read({result_at + 12}, 4) == 0);
    CHECK(m.ram.read({result_at + 16}, 4) == 0x1234);
    CHECK(m.ram.read({result_at + 20}, 4) == 0x1234);
}

TEST_CASE("the local APIC's timer interrupts a program that programs it in memory") {
    machine::Machine m(machine::Config{});
    m.enter_multiboot(code_at, 0);
    kernel_tables(m);
    enter_ring(m, 0);
    m.cpu.regs.gpr[cpu::SP] = 0x80000;
    const std::string_view text =
        "mov ebx, 0xfee00000\n"
        "mov dword [ebx + 0xf0], 0x1ff\n"
        "mov dword [ebx + 0x3e0], 0xb\n"
        "mov dword [ebx + 0x320], 0x40\n"
        "mov dword [ebx + 0x380], 5000\n"
        "mov eax, [ebx + 0x390]\nmov [0x9000], eax\n"
        "sti\nagain: jmp again\n";
    m.poke({code_at}, assembler::assemble_flat(text, code_at));
    m.cpu.regs.rip = code_at;
    REQUIRE(machine::run(m, {}, {}).reason == Stop::Halted);  // the handler is HLT
    CHECK(m.cpu.regs.rip == handlers_at + 16 * 0x40 + 1);
    CHECK(m.board.local_apic().in_service().has(0x40));
    CHECK(m.now >= 5000);
    CHECK(m.now < 5300);
    const u64 first = m.ram.read({result_at}, 4);
    CHECK(first > 4900);
    CHECK(first <= 5000);
}

TEST_CASE("the device pages are seen through paging too, and never as memory") {
    machine::Machine m(machine::Config{});
    // One 4 MiB page at linear 40000000h for physical FEC00000h, which holds both APICs.
    put(m, 0x5000, 0x83, 4);
    put(m, 0x5000 + 4 * (0x40000000u >> 22), 0xfec00083, 4);
    m.poke({code_at}, assembler::assemble_flat("mov eax, 0x5000\nmov cr3, eax\n"
                                               "mov eax, cr4\nor eax, 0x10\nmov cr4, eax\n"
                                               "mov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\n"
                                               "mov eax, [0x40200030]\nmov [0x9000], eax\n"
                                               "mov dword [0x40000000], 1\n"
                                               "mov eax, [0x40000010]\nmov [0x9004], eax\n"
                                               "mov eax, [0x40001000]\nmov [0x9008], eax\n"
                                               "mov eax, [0x40200030]\nmov [0x900c], eax\n"
                                               "cli\nhlt\n",
                                               code_at));
    m.enter_multiboot(code_at, 0);
    REQUIRE(machine::run(m, {}, {}).reason == Stop::Halted);
    CHECK(m.ram.read({result_at}, 4) == isa::apic::version);
    CHECK(m.ram.read({result_at + 4}, 4) == isa::apic::io::version_value);
    CHECK(m.ram.read({result_at + 8}, 4) == 0xffffffff);  // nobody there
    CHECK(m.ram.read({result_at + 12}, 4) == isa::apic::version);
}

TEST_CASE("IA32_APIC_BASE: moved over memory, turned off, and what is reserved faults") {
    machine::Machine m = flat_machine(
        "mov ecx, 0x1b\nrdmsr\nmov [0x9000], eax\n"
        "mov eax, [0x200030]\nmov [0x9004], eax\n"  // memory: a host line for this page
        "mov eax, 0x200800\nxor edx, edx\nwrmsr\n"
        "mov eax, [0x200030]\nmov [0x9008], eax\n"
        "mov eax, 1\ncpuid\nmov [0x900c], edx\n"
        "mov ecx, 0x1b\nmov eax, 0x200000\nxor edx, edx\nwrmsr\n"
        "mov eax, [0x200030]\nmov [0x9010], eax\n"
        "mov eax, 1\ncpuid\nmov [0x9014], edx\n"
        "cli\nhlt\n");
    REQUIRE(machine::run(m, {}, {}).reason == Stop::Halted);
    CHECK(m.ram.read({result_at}, 4) == 0xfee00900);
    CHECK(m.ram.read({result_at + 4}, 4) == 0);
    CHECK(m.ram.read({result_at + 8}, 4) == isa::apic::version);
    CHECK((m.ram.read({result_at + 12}, 4) & isa::cpuid::edx_APIC) != 0);
    CHECK(m.ram.read({result_at + 16}, 4) == 0);
    CHECK((m.ram.read({result_at + 20}, 4) & isa::cpuid::edx_APIC) == 0);

    machine::Machine reserved =
        flat_machine("mov ecx, 0x1b\nmov eax, 0xfee00d00\nxor edx, edx\nwrmsr\ncli\nhlt\n");
    CHECK(machine::run(reserved, {}, {}).reason == Stop::Shutdown);  // #GP without an IDT
}

TEST_CASE("a device asked for what is not modelled stops the machine after that instruction") {
    machine::Machine m = flat_machine("mov al, 0xa5\nout 0x64, al\nmov al, 1\nout 0x80, al\nhlt\n");
    const machine::Stop stop = machine::run(m, {}, {});
    CHECK(stop.reason == Stop::NotModelled);
    CHECK(stop.what.find("port 64h") != std::string::npos);
    CHECK(m.board.post_code() == 0);
}

TEST_CASE("a machine with a disk copies at once and its copy has its own disk") {
    machine::Config config;
    const std::vector<u8> contents(1u << 20, 0xab);
    config.disks[0] = dev::DiskImage(contents);
    machine::Machine m(config);
    m.poke({code_at}, assembler::assemble_flat("mov dx, 0x1f2\nmov al, 1\nout dx, al\n"
                                               "inc dx\nmov al, 5\nout dx, al\n"
                                               "inc dx\nxor eax, eax\nout dx, al\n"
                                               "inc dx\nout dx, al\n"
                                               "inc dx\nmov al, 0xe0\nout dx, al\n"
                                               "inc dx\nmov al, 0x30\nout dx, al\n"
                                               "mov ecx, 128\nmov dx, 0x1f0\nmov esi, 0x300000\n"
                                               "rep outsd\n"
                                               "mov dx, 0x1f7\nbusy: in al, dx\ntest al, 0x80\n"
                                               "jnz busy\ncli\nhlt\n",
                                               code_at));
    m.enter_multiboot(code_at, 0);
    machine::Machine before = m;
    REQUIRE(machine::run(m, {}, {}).reason == Stop::Halted);
    CHECK(m.board.disks().disk(0).contents().byte(5 * 512) == 0);
    CHECK(before.board.disks().disk(0).contents().byte(5 * 512) == 0xab);
    CHECK(machine::run(before, {}, {}).reason == Stop::Halted);
    CHECK(before == m);
}
