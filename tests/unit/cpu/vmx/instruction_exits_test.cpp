// Instructions that leave the guest: reason, qualification, length, information; the bitmaps, masks
// and shadows that choose them. SDM 3C "Instructions That Cause VM Exits".
#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;

}  // namespace

TEST_CASE("instructions leave the guest with their reason, qualification and length") {
    struct Row {
        const char* text;
        ExitReason reason;
        u64 qualification;
        u64 length;
        std::vector<isa::ProcBased> controls{};
    };
    const Row rows[] = {
        {"cpuid", ExitReason::CPUID, 0, 2},
        {"hlt", ExitReason::HLT, 0, 1},
        {"vmcall", ExitReason::VMCALL, 0, 3},
        {"vmlaunch", ExitReason::VMLAUNCH, 0, 3},
        {"vmptrld [0x1234]", ExitReason::VMPTRLD, 0x1234, 7},
        {"rdmsr", ExitReason::RDMSR, 0, 2},
        {"wrmsr", ExitReason::WRMSR, 0, 2},
        {"invd", ExitReason::INVD, 0, 2},
        {"rdtsc", ExitReason::RDTSC, 0, 2, {isa::ProcBased::RDTSC_exiting}},
        {"pause", ExitReason::PAUSE, 0, 2, {isa::ProcBased::PAUSE_exiting}},
        {"invlpg [0x5678]", ExitReason::INVLPG, 0x5678, 7, {isa::ProcBased::INVLPG_exiting}},
        {"mov dr3, ecx", ExitReason::MOV_DR, 3 | 1 << 8, 3, {isa::ProcBased::MOV_DR_exiting}},
        {"mov ecx, dr3",
         ExitReason::MOV_DR,
         3 | 1 << 4 | 1 << 8,
         3,
         {isa::ProcBased::MOV_DR_exiting}},
        {"mov cr3, ebx",
         ExitReason::CONTROL_REGISTER_ACCESS,
         3 | 3 << 8,
         3,
         {isa::ProcBased::CR3_load_exiting}},
        {"mov ebx, cr3",
         ExitReason::CONTROL_REGISTER_ACCESS,
         3 | 1 << 4 | 3 << 8,
         3,
         {isa::ProcBased::CR3_store_exiting}},
        {"in al, 0x60",
         ExitReason::IO_INSTRUCTION,
         0x600000 | 1 << 6 | 1 << 3,
         2,
         {isa::ProcBased::unconditional_IO_exiting}},
        {"out dx, eax",
         ExitReason::IO_INSTRUCTION,
         3,
         1,
         {isa::ProcBased::unconditional_IO_exiting}},
        {"rep insb",
         ExitReason::IO_INSTRUCTION,
         1 << 5 | 1 << 4 | 1 << 3,
         2,
         {isa::ProcBased::unconditional_IO_exiting}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        VmxWorld w;
        for (const auto c : row.controls)
            w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, cap::b(c));
        w.m.cpu.regs.gpr[cpu::CX] = 1;  // a REP runs
        w.launch(row.text);
        REQUIRE(w.left_guest());
        CHECK(w.reason() == u64(row.reason));
        CHECK(w.get(F::EXIT_QUALIFICATION) == row.qualification);
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == row.length);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
        CHECK(w.m.cpu.regs.gpr[cpu::SP] == host_stack_at);
    }
}

TEST_CASE("VMX instructions of the guest describe their operands") {
    VmxWorld w;
    w.launch("vmread [ebx+esi*4+8], edx");
    CHECK(w.reason() == u64(ExitReason::VMREAD));
    // scaling 4, 32-bit addresses, DS, index ESI, base EBX, register EDX
    CHECK(w.get(F::VM_EXIT_INSTRUCTION_INFORMATION) ==
          (2u | 1u << 7 | 3u << 15 | 6u << 18 | 3u << 23 | 2u << 28));
    CHECK(w.get(F::EXIT_QUALIFICATION) == 8);
}

TEST_CASE("bitmaps choose ports and MSRs") {
    VmxWorld w;
    constexpr u32 bitmap_a = 0x60000, bitmap_b = 0x61000, msrs = 0x62000;
    w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          cap::b(isa::ProcBased::use_IO_bitmaps) | cap::b(isa::ProcBased::use_MSR_bitmaps));
    w.set(F::IO_BITMAP_A_ADDRESS, bitmap_a), w.set(F::IO_BITMAP_B_ADDRESS, bitmap_b);
    w.set(F::MSR_BITMAP_ADDRESS, msrs);
    w.write(bitmap_a + 0x81 / 8, 1u << (0x81 & 7), 1);
    SUBCASE("the port that is marked leaves, its neighbour does not") {
        w.launch("out 0x80, al\nout 0x81, al");
        CHECK(w.reason() == u64(ExitReason::IO_INSTRUCTION));
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 2);
    }
    SUBCASE("a wide access touches the marked port too") {
        w.launch("out 0x80, ax");
        CHECK(w.reason() == u64(ExitReason::IO_INSTRUCTION));
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    SUBCASE("an MSR that is not marked does not leave, one outside the ranges does") {
        w.launch("mov ecx, 0x174\nrdmsr\nmov ecx, 0x40000000\nrdmsr");
        CHECK(w.reason() == u64(ExitReason::RDMSR));
        CHECK(w.m.cpu.regs.gpr[cpu::CX] == 0x40000000);
    }
    SUBCASE("reads and writes are marked apart") {
        w.write(msrs + 2048 + 0x174 / 8, 1u << (0x174 & 7), 1);
        w.launch("mov ecx, 0x174\nrdmsr\nwrmsr");
        CHECK(w.reason() == u64(ExitReason::WRMSR));
    }
}

TEST_CASE("masks and shadows stand between the guest and CR0 and CR4") {
    VmxWorld w;
    w.set(F::CR0_GUEST_HOST_MASK, isa::cr0::NE | isa::cr0::TS);
    w.set(F::CR0_READ_SHADOW, isa::cr0::TS);
    SUBCASE("reads mix the shadow in") {
        w.launch("mov eax, cr0\nsmsw ebx\nhlt");
        CHECK(w.m.cpu.regs.gpr[cpu::AX] == (isa::cr0::PE | isa::cr0::ET | isa::cr0::TS));
        CHECK(w.m.cpu.regs.gpr[cpu::BX] == w.m.cpu.regs.gpr[cpu::AX]);
    }
    SUBCASE("a write that agrees with the shadow does not leave") {
        w.launch("mov eax, cr0\nor eax, 2\nmov cr0, eax\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.get(F::GUEST_CR0) == (isa::cr0::PE | isa::cr0::ET | isa::cr0::NE | isa::cr0::MP));
    }
    SUBCASE("one that differs does") {
        w.launch("mov eax, 0x31\nmov cr0, eax");
        CHECK(w.reason() == u64(ExitReason::CONTROL_REGISTER_ACCESS));
        CHECK(w.get(F::EXIT_QUALIFICATION) == 0);
    }
    SUBCASE("CLTS of a shadowed TS leaves") {
        w.launch("clts");
        CHECK(w.reason() == u64(ExitReason::CONTROL_REGISTER_ACCESS));
        CHECK(w.get(F::EXIT_QUALIFICATION) == 2 << 4);
    }
    SUBCASE("LMSW carries its source") {
        w.launch("mov ax, 3\nlmsw ax");
        CHECK(w.reason() == u64(ExitReason::CONTROL_REGISTER_ACCESS));
        CHECK(w.get(F::EXIT_QUALIFICATION) == (3 << 4 | 3u << 16));
    }
}

}  // namespace ringside
