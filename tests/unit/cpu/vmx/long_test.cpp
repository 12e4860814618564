// Transitions with IA-32e mode and PAE paging on either side: what is loaded and saved, what
// aborts, and what VMX instructions do in the modes. SDM 3C "VM Entries", "VM Exits", "VMX Aborts".
#include <doctest/doctest.h>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/long_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::EntryControl;
using isa::ExitControl;
using isa::ExitReason;
using isa::ProcBased;
using isa::ProcBased2;

/// The abort that ended the run, 0 for none.
u64 abort_of(const VmxWorld& w) {
    if (w.stop.reason != machine::Stop::Shutdown) return 0;
    return w.m.ram.read({vmcs_at + 4}, 4);
}

/// The guest uses PAE paging: its four PDPTEs, all but the first not present, in the VMCS.
void turn_on_pae(VmxWorld& w) {
    constexpr u32 directory = 0x46000;
    w.write(guest_base + directory, 0x87, 8);
    w.set(F::GUEST_PDPTE0, directory | 1);
    w.add(F::GUEST_CR0, isa::cr0::PG), w.add(F::GUEST_CR4, isa::cr4::PAE);
}

}  // namespace

TEST_CASE("a 64-bit guest of a 64-bit VMM keeps its registers whole") {
    LongWorld w;
    w.set(F::GUEST_FS_BASE, ~u64{0} << 47);
    w.add(F::GUEST_CR4, isa::cr4::FSGSBASE);
    w.launch("rdfsbase r9\nmov rax, 0x123456789abcdef0\nmov rsp, rax\nhlt");
    REQUIRE(w.left_guest());
    CHECK(w.reason() == u64(ExitReason::HLT));
    CHECK(w.m.cpu.regs.gpr[cpu::R9] == ~u64{0} << 47);
    CHECK(w.get(F::GUEST_RSP) == 0x123456789abcdef0);
    CHECK(w.m.cpu.mode64());
    CHECK(w.m.cpu.seg[decode::CS].access == 0xa09b);
}

TEST_CASE("an exit notes in the entry controls whether the guest was in IA-32e mode") {
    const auto noted = [](const LongWorld& w) {
        return has(w.get(F::VM_ENTRY_CONTROLS), cap::b(EntryControl::IA32e_mode_guest));
    };
    LongWorld w;
    SUBCASE("it was") {
        w.launch("hlt");
        CHECK(noted(w));
    }
    SUBCASE("it has left") {
        w.use(ProcBased::use_MSR_bitmaps), w.set(F::MSR_BITMAP_ADDRESS, 0x60000);
        w.set(F::GUEST_CS_ACCESS_RIGHTS, 0xc09b);  // compatibility mode
        w.put_guest("mov eax, cr0\nbtr eax, 31\nmov cr0, eax\nhlt");
        w.launch();
        CHECK_FALSE(noted(w));
    }
    CHECK(w.reason() == u64(ExitReason::HLT));
}

TEST_CASE("a guest in IA-32e mode cannot be left for a 32-bit host: the processor shuts down") {
    VmxWorld w;
    w.use(ProcBased::use_MSR_bitmaps), w.set(F::MSR_BITMAP_ADDRESS, 0x60000);
    w.write(guest_base + 0x44000, 0x45007, 8);  // 4-level tables for 0 … 2 MiB
    w.write(guest_base + 0x45000, 0x46007, 8);
    w.write(guest_base + 0x46000, 0x87, 8);
    w.launch(
        "mov eax, cr4\nor eax, 0x20\nmov cr4, eax\nmov eax, 0x44000\nmov cr3, eax\n"
        "mov ecx, 0xc0000080\nrdmsr\nor eax, 0x100\nwrmsr\n"
        "mov eax, cr0\nor eax, 0x80000000\nmov cr0, eax\nhlt");
    CHECK(abort_of(w) == u64(isa::VmxAbort::host_not_64_bit));
}

TEST_CASE("a host with PAE paging gets its PDPTEs, or the processor shuts down") {
    constexpr u32 table = 0x64000, directory = 0x65000;
    VmxWorld w;
    w.write(table, directory | 1, 8);
    for (u32 n = 0; n < 8; ++n) w.write(directory + 8 * n, n << 21 | 0x83, 8);
    w.set(F::HOST_CR3, table);
    w.add(F::HOST_CR4, isa::cr4::PAE);
    SUBCASE("they are valid") {
        w.launch("hlt");
        CHECK(w.left_guest());
        CHECK(w.m.cpu.pdpte[0] == (directory | 1));
    }
    SUBCASE("one is not") {
        w.write(table + 24, 0x21, 8);
        w.launch("hlt");
        CHECK(abort_of(w) == u64(isa::VmxAbort::host_PDPTEs));
    }
}

TEST_CASE("PDPTEs of a guest: loaded from the VMCS or from memory, saved with EPT") {
    SUBCASE("with EPT: from the VMCS; MOV to CR3 loads others, which the exit saves") {
        VmxWorld w;
        turn_on_pae(w);
        w.write(guest_base + 0x47020, 0x46001, 8), w.write(guest_base + 0x47028, 0x46001, 8);
        w.launch("mov eax, [0x1000]\nmov eax, 0x47020\nmov cr3, eax\nmov ebx, [0x40001000]\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.get(F::GUEST_PDPTE0) == 0x46001);
        CHECK(w.get(F::GUEST_PDPTE1) == 0x46001);
        CHECK(w.m.cpu.regs.gpr[cpu::BX] == w.m.ram.read({guest_base + 0x1000}, 4));
    }
    SUBCASE("without: from memory, and the fields stay as they were") {
        LongWorld w;
        w.run_in_host_memory();
        w.set(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, 0);
        w.set(F::VM_ENTRY_CONTROLS, cap::entry.must);
        w.set(F::GUEST_CS_ACCESS_RIGHTS, 0xc09b);
        w.write(0x47000, (LongWorld::guest_pml4_at + 0x2000) | 1, 8);
        w.set(F::GUEST_CR3, 0x47000);
        w.put_guest("mov ebx, [0x1000]\nhlt");
        w.launch();
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.m.cpu.regs.gpr[cpu::BX] == w.m.ram.read({guest_base + 0x1000}, 4));
        CHECK(w.get(F::GUEST_PDPTE0) == 0);
    }
    SUBCASE("one that is not valid: reason 33, qualification 2") {
        VmxWorld w;
        turn_on_pae(w);
        w.set(F::GUEST_PDPTE3, 0x21);
        w.launch("hlt");
        CHECK(w.reason() == (33u | isa::entry_failure));
        CHECK(w.get(F::EXIT_QUALIFICATION) == 2);
    }
}

TEST_CASE("what does not exist for a guest is #UD, before privilege and exits are looked at") {
    LongWorld w;
    w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD));
    ExitReason expected = ExitReason::EXCEPTION_OR_NMI;
    SUBCASE("in compatibility mode") {
        w.set(F::GUEST_CS_ACCESS_RIGHTS, 0xc09b);
        w.put_guest("vmptrst [0x5000]");
    }
    SUBCASE("in real mode") {
        w.set(F::VM_ENTRY_CONTROLS, cap::entry.must);
        w.set(F::GUEST_CR0, isa::cr0::NE);
        w.set(F::GUEST_CS_ACCESS_RIGHTS, 0x9b);
        w.set(F::GUEST_CS_LIMIT, 0xffff);
        w.put_guest("bits 16\nvmxoff");
    }
    SUBCASE("INVPCID without its control, even at ring 3") {
        w.set(F::GUEST_CS_SELECTOR, 0x0b), w.set(F::GUEST_CS_ACCESS_RIGHTS, 0xa0fb);
        w.set(F::GUEST_SS_SELECTOR, 0x13), w.set(F::GUEST_SS_ACCESS_RIGHTS, 0xc0f3);
        w.put_guest("bits 64\ninvpcid rax, [rbx]");
    }
    SUBCASE("but VMCALL leaves") {
        w.set(F::GUEST_CS_ACCESS_RIGHTS, 0xc09b);
        w.put_guest("vmcall");
        expected = ExitReason::VMCALL;
    }
    SUBCASE("and so do the others in 64-bit mode") {
        w.put_guest("bits 64\nvmptrst [abs 0x5000]");
        expected = ExitReason::VMPTRST;
    }
    w.launch();
    CHECK(w.reason() == u64(expected));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("CR8 through the TPR shadow: the virtual-APIC page, and an exit below the threshold") {
    constexpr u32 page = 0x63000;
    LongWorld w;
    w.use(ProcBased::use_TPR_shadow);
    w.set(F::VIRTUAL_APIC_ADDRESS, page);
    w.write(page + 0x80, 0xffffff90);
    SUBCASE("reads and writes") {
        w.launch("mov rbx, cr8\nmov eax, 4\nmov cr8, rax\nmov rcx, cr8\nhlt");
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.m.cpu.regs.gpr[cpu::BX] == 9);
        CHECK(w.m.cpu.regs.gpr[cpu::CX] == 4);
        CHECK(w.m.ram.read({page + 0x80}, 4) == 0x40);
    }
    SUBCASE("below the threshold, after the instruction") {
        w.set(F::TPR_THRESHOLD, 5);
        w.launch("mov eax, 5\nmov cr8, rax\nmov eax, 4\nmov cr8, rax\nhlt");
        CHECK(w.reason() == u64(ExitReason::TPR_BELOW_THRESHOLD));
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 5 + 4 + 5 + 4);
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 0);
    }
    SUBCASE("a reserved bit: #GP, and the page stays") {
        w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::GP));
        w.launch("mov eax, 0x10\nmov cr8, rax");
        CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
        CHECK(w.m.ram.read({page + 0x80}, 4) == 0xffffff90);
    }
}

TEST_CASE("a guest that waits in MWAIT is left as an active one, behind the instruction") {
    LongWorld w;
    w.use(isa::PinBased::preemption_timer), w.set(F::VMX_PREEMPTION_TIMER_VALUE, 1000);
    w.launch("mov eax, 0x5000\nxor ecx, ecx\nxor edx, edx\nmonitor\nmwait\nhlt");
    CHECK(w.reason() == u64(ExitReason::VMX_PREEMPTION_TIMER_EXPIRED));
    CHECK(w.get(F::GUEST_ACTIVITY_STATE) == u64(isa::ActivityState::active));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at + 5 + 2 + 2 + 3 + 3);
    CHECK_FALSE(w.m.cpu.monitor.armed);
    SUBCASE("an entry arms nothing: the next MWAIT does not wait") {
        w.set(F::GUEST_RIP, guest_code_at + 5 + 2 + 2 + 3);
        w.resume();
        CHECK(w.reason() == u64(ExitReason::HLT));
    }
}

TEST_CASE("MWAIT's exit tells whether MONITOR has armed the line") {
    for (const bool armed : {false, true}) {
        CAPTURE(armed);
        LongWorld w;
        w.use(ProcBased::MWAIT_exiting);
        w.launch(std::string("mov eax, 0x5000\nxor ecx, ecx\nxor edx, edx\n") +
                 (armed ? "monitor\nmwait" : "mwait"));
        CHECK(w.reason() == u64(ExitReason::MWAIT));
        CHECK(w.get(F::EXIT_QUALIFICATION) == armed);
    }
}

TEST_CASE("VMREAD and VMWRITE move 64 bits in 64-bit mode") {
    LongWorld w;
    w.run_host(
        "vmxon [0x50000]\nvmptrld [0x50008]\nmov rbx, 0x1122334455667788\n"
        "mov eax, 0x681c\nvmwrite rax, rbx\nvmread rcx, rax\n"  // GUEST_RSP
        "mov eax, 0x4004\nvmwrite rax, rbx\nvmread rdx, rax\n"  // EXCEPTION_BITMAP
        "mov eax, 0x2011\nvmread rsi, rax\n"                    // TSC_OFFSET, high
        "bts rax, 40\nvmread rdi, rax\nhlt");
    CHECK(w.m.cpu.regs.gpr[cpu::CX] == 0x1122334455667788);
    CHECK(w.m.cpu.regs.gpr[cpu::DX] == 0x55667788);
    CHECK(w.m.cpu.regs.gpr[cpu::SI] == 0);
    CHECK(w.flag(isa::flags::ZF));
    CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 12);
}

TEST_CASE("the exits of RDRAND and RDSEED tell destination and operand size") {
    const struct {
        const char* text;
        ProcBased2 control;
        u64 information, length;
    } rows[] = {{"rdrand cx", ProcBased2::RDRAND_exiting, 1 << 3 | 0 << 11, 4},
                {"rdrand ebx", ProcBased2::RDRAND_exiting, 3 << 3 | 1 << 11, 3},
                {"rdseed r9", ProcBased2::RDSEED_exiting, 9 << 3 | 2 << 11, 4}};
    for (const auto& row : rows) {
        CAPTURE(row.text);
        LongWorld w;
        w.use(row.control);
        w.launch(row.text);
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_INFORMATION) == row.information);
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == row.length);
        CHECK(w.m.cpu.random_numbers == 0);
    }
}

}  // namespace ringside
