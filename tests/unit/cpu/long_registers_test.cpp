// Registers of IA-32e mode: MSRs, control and system registers, PCIDs, PDPTEs, and the switches
// into the mode and out of it.
#include <doctest/doctest.h>

#include "sim/isa/msrs.hpp"
#include "tests/unit/machine/long_questions.hpp"

using namespace ringside;
using cpu::AX, cpu::BX, cpu::CX, cpu::DX;
namespace msr = isa::msr;
using test::first_exception, test::run_to_halt, test::stack;

TEST_CASE("bases of FS and GS: MSRs, SWAPGS, WRGSBASE") {
    machine::Machine m = test::long_machine(R"(
        mov ecx, 0xc0000102
        mov eax, 0x50000
        xor edx, edx
        wrmsr             ; IA32_KERNEL_GS_BASE
        swapgs
        mov rbx, [gs:8]
        mov rax, 0xffff800000000000
        wrfsbase rax
        rdfsbase rsi
        hlt
    )");
    m.cpu.cr4 |= isa::cr4::FSGSBASE;
    m.cpu.seg[decode::GS].base = 0x1234;
    m.cpu.derive_segments();
    test::put(m, 0x50008, 77);
    run_to_halt(m);
    CHECK(m.cpu.regs.gpr[BX] == 77);
    CHECK(m.cpu.msr.kernel_gs_base == 0x1234);
    CHECK(m.cpu.regs.gpr[cpu::SI] == 0xffff800000000000);
}

TEST_CASE("registers of IA-32e mode refuse values that they cannot hold") {
    struct Case {
        u32 index;
        u64 value;
        bool accepted;
    };
    const u64 efer_now = isa::efer::LME | isa::efer::LMA | isa::efer::NXE | isa::efer::SCE;
    const Case cases[] = {
        {msr::LSTAR, bit(47), false},
        {msr::LSTAR, ~u64{0}, true},
        {msr::CSTAR, bit(63), false},
        {msr::FMASK, bit(32), false},
        {msr::FMASK, 0xffffffff, true},
        {msr::STAR, ~u64{0}, true},
        {msr::FS_BASE, bit(47), false},
        {msr::GS_BASE, ~bit(0), true},
        {msr::KERNEL_GS_BASE, bit(50), false},
        {msr::SYSENTER_EIP, bit(47), false},
        {msr::SYSENTER_ESP, ~u64{0}, true},
        {msr::EFER, efer_now, true},
        {msr::EFER, efer_now & ~isa::efer::LME, false},
        {msr::EFER, efer_now & ~isa::efer::LMA, true},
        {msr::EFER, efer_now | bit(1), false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.index);
        CAPTURE(c.value);
        machine::Machine m = test::long_machine("wrmsr\nrdmsr");
        m.cpu.regs.gpr[CX] = c.index;
        m.cpu.regs.gpr[AX] = c.value & 0xffffffff;
        m.cpu.regs.gpr[DX] = c.value >> 32;
        CHECK((first_exception(m, 2) == -1) == c.accepted);
        const u64 expected = c.index == msr::EFER ? efer_now : c.value;
        if (c.accepted) CHECK((m.cpu.regs.gpr[DX] << 32 | m.cpu.regs.gpr[AX]) == expected);
    }
}

TEST_CASE("what control registers refuse in IA-32e mode") {
    struct Case {
        std::string what;
        std::string text;
        int vector;
    };
    const Case cases[] = {
        {"paging off in 64-bit mode", "mov rax, cr0\nbtr rax, 31\nmov cr0, rax", 13},
        {"PAE off", "mov rax, cr4\nbtr rax, 5\nmov cr4, rax", 13},
        {"CR0 above bit 31", "mov rax, cr0\nbts rax, 32\nmov cr0, rax", 13},
        {"CR3 beyond MAXPHYADDR", "mov rax, cr3\nbts rax, 40\nmov cr3, rax", 13},
        {"CR3 bit 63 without PCIDs", "mov rax, cr3\nbts rax, 63\nmov cr3, rax", 13},
        {"CR4 reserved", "mov rax, cr4\nbts rax, 30\nmov cr4, rax", 13},
        {"CR8 above 15", "mov eax, 16\nnop\nmov cr8, rax", 13},
        {"CR8", "mov eax, 9\nmov cr8, rax\nmov rbx, cr8", -1},
        {"PCIDs", "mov rax, cr4\nbts rax, 17\nmov cr4, rax", -1},
        {"DR7 above bit 31", "xor eax, eax\nbts rax, 32\nmov dr7, rax", 13},
        {"a GDTR base that is not canonical",
         "mov rax, 0x800000000000\nmov [0x50002], rax\nlgdt [0x50000]", 13},
    };
    for (const Case& c : cases) {
        CAPTURE(c.what);
        machine::Machine m = test::long_machine(c.text);
        CHECK(first_exception(m, 3) == c.vector);
    }
}

TEST_CASE("from 32-bit protected mode into 64-bit mode and back, by the manual's steps") {
    machine::Machine m = test::flat_machine(R"(
        mov eax, cr4
        or eax, 0x20            ; PAE
        mov cr4, eax
        mov eax, 0x20000        ; the PML4 of long_machine.hpp
        mov cr3, eax
        mov ecx, 0xc0000080     ; EFER.LME
        rdmsr
        or eax, 0x100
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax            ; LMA: compatibility mode
        mov esi, 0x11111111
        jmp 0x08:in64
    bits 64
    in64:
        mov rdi, 0x123456789abcdef0
        push 0x40
        push in32
        o64 retf
    bits 32
    in32:
        mov eax, cr0
        and eax, 0x7fffffff
        mov cr0, eax            ; LMA off
        mov ecx, 0xc0000080
        rdmsr
        mov ebx, eax
        hlt
    )");
    test::long_tables(m);
    m.cpu.tr = cpu::Segment::null(0);
    m.cpu.seg[decode::SS] =
        cpu::Segment::from(0x10, isa::segment32(0, 0xffffffff, isa::access(0, isa::data_type)));
    run_to_halt(m);
    CHECK(m.cpu.regs.gpr[cpu::DI] == 0x123456789abcdef0);
    CHECK_FALSE(m.cpu.long_mode());
    CHECK((m.cpu.regs.gpr[BX] & (isa::efer::LME | isa::efer::LMA)) == isa::efer::LME);
}

TEST_CASE("LTR and LLDT take 16-byte descriptors") {
    machine::Machine m =
        test::long_machine("mov eax, 0x48\nltr ax\nmov eax, 0x58\nlldt ax\nstr ebx");
    const auto [low, high] = isa::tss64(0xffff800012345000, 0x67);
    test::put(m, test::gdt_at + 0x48, low);
    test::put(m, test::gdt_at + 0x50, high);
    test::put(m, test::gdt_at + 0x58, (low & ~(u64{0xf} << 40)) | u64{2} << 40);  // an LDT
    test::put(m, test::gdt_at + 0x60, high);
    m.cpu.gdtr.limit = 0x67;
    CHECK(first_exception(m, 5) == -1);
    CHECK(m.cpu.tr.base == 0xffff800012345000);
    CHECK(m.cpu.ldtr.base == 0xffff800012345000);
    CHECK((m.ram.read({test::gdt_at + 0x48}, 8) & isa::tss_busy) != 0);
}

TEST_CASE("PCIDs: translations of one stay when another is in use, bit 63 keeps, INVPCID drops") {
    const auto read_after = [](std::string_view between) {
        // 0x40000000 is mapped through a table of its own; the test changes the table behind the
        // CPU's back.
        const std::string text = "mov rbx, [abs 0x40000000]\nmov qword [0x25000], 0x61007\n" +
                                 std::string(between) + "\nmov rcx, [abs 0x40000000]\nhlt";
        machine::Machine m = test::long_machine(text);
        test::put(m, test::pdpt_at + 8, 0x24007);
        test::put(m, 0x24000, 0x25007);
        test::put(m, 0x25000, 0x60007);
        test::put(m, 0x60000, 1);
        test::put(m, 0x61000, 2);
        m.cpu.cr4 |= isa::cr4::PCIDE;
        m.cpu.cr3 |= 5;
        run_to_halt(m);
        CHECK(m.cpu.regs.gpr[BX] == 1);
        return m.cpu.regs.gpr[CX];
    };
    CHECK(read_after("nop") == 1);
    CHECK(read_after("mov eax, 0x20006\nmov cr3, rax") == 2);  // another PCID's first look
    CHECK(read_after(
              "mov eax, 0x20006\nmov cr3, rax\nmov eax, 0x20005\nbts rax, 63\nmov cr3, rax") == 1);
    CHECK(read_after("mov eax, 0x20006\nmov cr3, rax\nmov eax, 0x20005\nmov cr3, rax") == 2);
    CHECK(read_after("invlpg [abs 0x40000000]") == 2);
    const std::string descriptor = "mov qword [0x50000], 5\nmov qword [0x50008], 0x40000000\n";
    CHECK(read_after(descriptor + "xor eax, eax\ninvpcid rax, [0x50000]") == 2);
    CHECK(read_after(descriptor + "mov eax, 1\ninvpcid rax, [0x50000]") == 2);
    CHECK(read_after(descriptor + "mov byte [0x50000], 6\nmov eax, 1\ninvpcid rax, [0x50000]") ==
          1);
    CHECK(read_after(descriptor + "mov byte [0x50000], 6\nmov eax, 2\ninvpcid rax, [0x50000]") ==
          1 + 1);
}

TEST_CASE("PAE paging checks and keeps its PDPTEs when CR3 is loaded") {
    const auto started = [](u64 pdpte) {
        machine::Machine m = test::flat_machine(R"(
            mov eax, 0x30020
            mov cr3, eax
            mov eax, 0x20
            mov cr4, eax
            mov eax, 0x80000001
            mov cr0, eax
            mov dword [0x30020], 0    ; unseen until CR3 is loaded again
            mov ebx, [0x200000]
            hlt
        )");
        test::kernel_tables(m);
        test::put(m, 0x30020, pdpte);
        test::put(m, 0x31000, 0x83);
        test::put(m, 0x31008, 0x200083);
        test::put(m, 0x200000, 0x77);
        return m;
    };
    machine::Machine m = started(0x31001);
    run_to_halt(m);
    CHECK(m.cpu.regs.gpr[BX] == 0x77);
    for (const u64 reserved : {bit(1), bit(2), bit(5), bit(8), bit(36), bit(63)}) {
        CAPTURE(reserved);
        machine::Machine bad = started(0x31001 | reserved);
        CHECK(first_exception(bad, 6) == 13);
        CHECK((bad.cpu.cr0 & isa::cr0::PG) == 0);
    }
}

TEST_CASE("SMAP and EFLAGS.AC: a supervisor's access to a user page each way") {
    machine::Machine m = test::long_machine(R"(
        stac
        mov rax, [0x50000]
        clac
        mov rbx, [0x50000]
    )");
    // The code's own page must stay the supervisor's.
    test::put(m, test::pd_at, 0x83);
    test::put(m, test::pd_at + 8, 0x200087);
    m.poke({test::code_at},
           assembler::assemble_flat("bits 64\nstac\nmov rax, [0x250000]\nclac\nmov rbx, [0x250000]",
                                    test::code_at));
    m.cpu.cr4 |= isa::cr4::SMAP;
    test::put(m, 0x250000, 9);
    CHECK(first_exception(m, 3) == -1);
    CHECK(m.cpu.regs.gpr[AX] == 9);
    CHECK(first_exception(m) == 14);
    CHECK(stack(m, 0) == isa::pf::P);
}
