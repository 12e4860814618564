// VMX: what the instructions answer, what leaves the guest and with what information, what an entry
// brings along. SDM 3C "VMX Instruction Reference", "VM Entries", "VM Exits".
#include <doctest/doctest.h>

#include <vector>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
namespace fl = isa::flags;

constexpr u32 valid = 1u << 31;
constexpr u32 inject_external = valid, inject_exception = valid | 3u << 8,
              inject_software = valid | 4u << 8, has_code = 1u << 11;

u32 control(isa::ProcBased c) { return cap::b(c); }

}  // namespace

TEST_CASE("VMXON is refused where the manual says so") {
    VmxWorld w;
    SUBCASE("CR4.VMXE = 0: #UD") {
        w.run_host("mov eax, cr4\nand eax, ~0x2000\nmov cr4, eax\nvmxon [0x50000]\nhlt");
        CHECK(w.fault() == int(isa::Vector::UD));
    }
    SUBCASE("the firmware has not allowed it: #GP") {
        w.m.cpu.msr.feature_control = isa::msr::feature_lock;
        w.run_host("vmxon [0x50000]\nhlt");
        CHECK(w.fault() == int(isa::Vector::GP));
    }
    SUBCASE("paging is off: #GP") {
        w.run_host("mov eax, cr0\nand eax, 0x7fffffff\nmov cr0, eax\nvmxon [0x50000]\nhlt");
        CHECK(w.fault() == int(isa::Vector::GP));
    }
    SUBCASE("wrong revision: VMfailInvalid") {
        w.write(vmxon_at, cap::revision ^ 1);
        w.run_host("vmxon [0x50000]\nhlt");
        CHECK(w.flag(fl::CF));
        CHECK_FALSE(w.m.cpu.vmx.on);
    }
    SUBCASE("not on a page boundary: VMfailInvalid") {
        w.write(pointers_at, vmxon_at + 8, 8);
        w.run_host("vmxon [0x50000]\nhlt");
        CHECK(w.flag(fl::CF));
    }
    SUBCASE("twice: VMfailValid 15") {
        w.run_host("vmxon [0x50000]\nvmptrld [0x50008]\nvmxon [0x50000]\nhlt");
        CHECK(w.flag(fl::ZF));
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 15);
    }
    SUBCASE("else it succeeds") {
        w.run_host("stc\nvmxon [0x50000]\nhlt");
        CHECK_FALSE(w.flag(fl::CF));
        CHECK(w.m.cpu.vmx.on);
    }
}

TEST_CASE("VMX operation fixes bits of CR0 and CR4") {
    VmxWorld w;
    SUBCASE("CR4.VMXE") {
        w.run_host("vmxon [0x50000]\nmov eax, cr4\nand eax, ~0x2000\nmov cr4, eax\nhlt");
    }
    SUBCASE("CR0.NE") {
        w.run_host("vmxon [0x50000]\nmov eax, cr0\nand eax, ~0x20\nmov cr0, eax\nhlt");
    }
    CHECK(w.fault() == int(isa::Vector::GP));
}

TEST_CASE("VMX instructions outside VMX operation: #UD") {
    for (const char* text :
         {"vmclear [0x50008]", "vmptrld [0x50008]", "vmptrst [0x50018]", "vmread eax, ebx",
          "vmwrite eax, ebx", "vmlaunch", "vmresume", "vmxoff", "vmcall"}) {
        CAPTURE(text);
        VmxWorld w;
        w.run_host(std::string(text) + "\nhlt");
        CHECK(w.fault() == int(isa::Vector::UD));
    }
}

TEST_CASE("VMX instructions report the error numbers of the manual") {
    struct Row {
        const char* what;
        const char* text;
        int error;  ///< 0: VMsucceed, -1: VMfailInvalid
    };
    const Row rows[] = {
        {"VMCLEAR of a bad address", "vmclear [0x50020]", 2},
        {"VMCLEAR of the VMXON pointer", "vmclear [0x50000]", 3},
        {"VMRESUME before VMLAUNCH", "vmresume", 5},
        {"VMPTRLD of a bad address", "vmptrld [0x50020]", 9},
        {"VMPTRLD of the VMXON pointer", "vmptrld [0x50000]", 10},
        {"VMPTRLD of a wrong revision", "vmptrld [0x50028]", 11},
        {"VMREAD of no field", "mov eax, 0x7000\nvmread ebx, eax", 12},
        {"VMREAD of the high half of a 32-bit field", "mov eax, 0x4001\nvmread ebx, eax", 12},
        {"VMREAD of a field whose feature is not offered", "xor eax, eax\nvmread ebx, eax", 12},
        {"VMWRITE of a field whose feature is not offered", "mov eax, 0x482e\nvmwrite eax, ebx",
         12},
        {"VMWRITE of no field", "mov eax, 0x7000\nvmwrite eax, ebx", 12},
        {"VMWRITE of exit information", "mov eax, 0x4402\nvmwrite eax, ebx", 13},
        {"VMCALL in root operation", "vmcall", 1},
        {"INVEPT of no type", "mov eax, 7\ninvept eax, [0x50040]", 28},
        {"INVEPT of all contexts", "mov eax, 2\ninvept eax, [0x50040]", 0},
        {"VMREAD", "mov eax, 0x681e\nvmread ebx, eax", 0},
        {"VMREAD without a current VMCS", "vmclear [0x50008]\nmov eax, 0x681e\nvmread ebx, eax",
         -1},
        {"VMLAUNCH without a current VMCS", "vmclear [0x50008]\nvmlaunch", -1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        VmxWorld w;
        w.write(0x50020, vmcs_at + 4, 8);
        w.write(0x50028, 0x23000, 8);
        w.run_host("vmxon [0x50000]\nvmptrld [0x50008]\n" + std::string(row.text) + "\nhlt");
        REQUIRE(w.fault() == -1);
        CHECK(w.flag(fl::CF) == (row.error < 0));
        CHECK(w.flag(fl::ZF) == (row.error > 0));
        if (row.error > 0) CHECK(w.get(F::VM_INSTRUCTION_ERROR) == u64(row.error));
    }
}

TEST_CASE("VMWRITE and VMREAD keep a field's width") {
    VmxWorld w;
    w.run_host(
        "vmxon [0x50000]\nvmptrld [0x50008]\n"
        "mov eax, 0x0800\nmov ebx, 0x12345678\nvmwrite eax, ebx\nvmread ecx, eax\n"  // 16 bits
        "mov eax, 0x2011\nvmwrite eax, ebx\nvmread edx, eax\n"  // high half of 64
        "mov eax, 0x2010\nvmread esi, eax\nhlt");
    CHECK(w.m.cpu.regs.gpr[cpu::CX] == 0x5678);
    CHECK(w.m.cpu.regs.gpr[cpu::DX] == 0x12345678);
    CHECK(w.m.cpu.regs.gpr[cpu::SI] == 0);
    CHECK(w.get(F::TSC_OFFSET) == u64{0x12345678} << 32);
}

TEST_CASE("a VMCS is launched once and resumed afterwards") {
    VmxWorld w;
    w.launch("cpuid\ncpuid\nhlt");
    CHECK(w.reason() == u64(ExitReason::CPUID));
    SUBCASE("VMRESUME goes on") {
        w.set(F::GUEST_RIP, w.get(F::GUEST_RIP) + 2 * w.get(F::VM_EXIT_INSTRUCTION_LENGTH));
        w.resume();
        CHECK(w.reason() == u64(ExitReason::HLT));
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 4);
    }
    SUBCASE("VMLAUNCH of a launched VMCS: error 4") {
        w.put(resume_at, "vmlaunch\nhlt");
        w.resume();
        CHECK(w.flag(fl::ZF));
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 4);
    }
    SUBCASE("VMCLEAR clears the launch state: error 5") {
        w.put(resume_at, "vmclear [0x50008]\nvmptrld [0x50008]\nvmresume\nhlt");
        w.resume();
        CHECK(w.flag(fl::ZF));
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 5);
    }
    SUBCASE("blocking by MOV SS: error 26") {
        w.put(resume_at, "mov eax, ss\nmov ss, eax\nvmresume\nhlt");
        w.resume();
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 26);
    }
}

TEST_CASE("a VM entry fails in the channel of the broken rule") {
    VmxWorld w;
    SUBCASE("a control that is not offered: error 7") {
        w.add(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
              cap::b(isa::ProcBased2::enable_VPID));
        w.launch("hlt");
        CHECK_FALSE(w.left_guest());
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 7);
    }
    SUBCASE("host state: error 8") {
        w.set(F::HOST_CS_SELECTOR, 0);
        w.launch("hlt");
        CHECK_FALSE(w.left_guest());
        CHECK(w.get(F::VM_INSTRUCTION_ERROR) == 8);
    }
    SUBCASE("guest state: an exit with reason 33 and bit 31, and the VMCS stays clear") {
        w.set(F::VMCS_LINK_POINTER, 0x100);
        w.launch("hlt");
        CHECK(w.left_guest());
        CHECK(w.reason() == (33u | isa::entry_failure));
        CHECK(w.get(F::EXIT_QUALIFICATION) == 4);
        CHECK_FALSE(w.m.cpu.vmx.non_root);
        CHECK_FALSE(w.vmcs.launched(w.m.ram));
    }
}

TEST_CASE("what is not modelled stops by name") {
    VmxWorld w;
    SUBCASE("MSR lists") { w.set(F::VM_EXIT_MSR_LOAD_COUNT, 1); }
    SUBCASE("injected NMIs") { w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, valid | 2u << 8 | 2); }
    SUBCASE("blocking by NMI") { w.set(F::GUEST_INTERRUPTIBILITY_STATE, 8); }
    SUBCASE("pending debug exceptions") { w.set(F::GUEST_PENDING_DEBUG_EXCEPTIONS, 1u << 12); }
    w.launch("hlt");
    CHECK(w.stop.reason == machine::Stop::NotModelled);
    CHECK(w.stop.what != "");
}

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
            w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, control(c));
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
          control(isa::ProcBased::use_IO_bitmaps) | control(isa::ProcBased::use_MSR_bitmaps));
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

TEST_CASE("EPT violations say what was wanted and what was allowed") {
    constexpr u64 linear_valid = bit(7), of_the_access = bit(8);
    constexpr u32 page = 0x10000;
    VmxWorld w;
    SUBCASE("a read of nothing") {
        w.map(page, 0);
        w.launch("mov eax, [0x10010]");
        CHECK(w.get(F::EXIT_QUALIFICATION) == (bit(0) | linear_valid | of_the_access));
    }
    SUBCASE("a write to a read-only page") {
        w.map(page, isa::ept::R | isa::ept::X);
        w.launch("mov [0x10010], eax");
        CHECK(w.get(F::EXIT_QUALIFICATION) ==
              (bit(1) | bit(3) | bit(5) | linear_valid | of_the_access));
    }
    SUBCASE("a fetch from a page without X") {
        w.map(page, isa::ept::R | isa::ept::W);
        w.launch("mov eax, 0x10010\njmp eax");
        CHECK(w.get(F::EXIT_QUALIFICATION) ==
              (bit(2) | bit(3) | bit(4) | linear_valid | of_the_access));
        CHECK(w.get(F::GUEST_RIP) == 0x10010);
    }
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == 0x10010);
    CHECK(w.get(F::GUEST_LINEAR_ADDRESS) == 0x10010);
}

TEST_CASE("accessed and dirty bits need EPT write permission for the guest's own page tables") {
    VmxWorld w;
    constexpr u32 guest_directory = 0x20000;
    w.write(guest_base + guest_directory, 0x83);  // guest linear 0 … 4 MiB, not accessed yet
    w.map(guest_directory, isa::ept::R);
    w.set(F::GUEST_CR0, isa::cr0::PE | isa::cr0::NE | isa::cr0::PG);
    w.set(F::GUEST_CR3, guest_directory);
    w.set(F::GUEST_CR4, isa::cr4::VMXE | isa::cr4::PSE);
    w.launch("hlt");
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == guest_directory);
    CHECK(w.get(F::EXIT_QUALIFICATION) == (bit(1) | bit(3) | bit(7)));
    CHECK(w.m.ram.read({guest_base + guest_directory}, 4) == 0x83);
    w.map(guest_directory, isa::ept::R | isa::ept::W);
    w.resume();
    CHECK(w.reason() == u64(ExitReason::HLT));
    CHECK(w.m.ram.read({guest_base + guest_directory}, 4) == 0xa3);
}

TEST_CASE("EPT misconfigurations are not violations") {
    VmxWorld w;
    SUBCASE("writable but not readable") { w.map(0x10000, isa::ept::W); }
    SUBCASE("an address beyond the physical-address width") {
        w.map(0x10000, isa::ept::R | isa::ept::W | bit(36));
    }
    w.launch("mov eax, [0x10000]");
    CHECK(w.reason() == u64(ExitReason::EPT_MISCONFIGURATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == 0x10000);
}

TEST_CASE("an injected event is delivered through the guest's IDT before its next instruction") {
    VmxWorld w;
    SUBCASE("external interrupt") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_external | 0x20);
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.launch("hlt");
        CHECK((w.get(F::GUEST_RFLAGS) & fl::IF) == 0);
        CHECK(w.get(F::GUEST_RSP) == guest_stack_at - 12);
    }
    SUBCASE("exception with an error code") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_exception | has_code | 13);
        w.set(F::VM_ENTRY_EXCEPTION_ERROR_CODE, 0x1234);
        w.add(F::EXCEPTION_BITMAP, 1u << 13);  // the injected one itself does not leave
        w.launch("hlt");
        CHECK(w.get(F::GUEST_RSP) == guest_stack_at - 16);
        CHECK(w.m.ram.read({guest_base + guest_stack_at - 16}, 4) == 0x1234);
    }
    SUBCASE("software interrupt: it returns after the instruction") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_software | 0x80);
        w.set(F::VM_ENTRY_INSTRUCTION_LENGTH, 2);
        w.launch("hlt");
        CHECK(w.m.ram.read({guest_base + guest_stack_at - 12}, 4) == guest_code_at + 2);
    }
    CHECK(w.reason() == u64(ExitReason::CPUID));  // the handler's first instruction
    CHECK(w.get(F::GUEST_RIP) == guest_handler_at);
    CHECK((w.get(F::VM_ENTRY_INTERRUPTION_INFORMATION) >> 31) == 0);  // cleared by the exit
}

TEST_CASE("the exception bitmap takes exceptions from the guest") {
    VmxWorld w;
    w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD) | 1u << u8(isa::Vector::BP));
    SUBCASE("fault: no length, RF for the way back") {
        w.launch("ud2");
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (inject_exception | 6));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 0);
        CHECK((w.get(F::GUEST_RFLAGS) & fl::RF) != 0);
    }
    SUBCASE("INT3: at the instruction, with its length") {
        w.launch("int3");
        CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (valid | 6u << 8 | 3));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 1);
    }
    CHECK(w.reason() == u64(ExitReason::EXCEPTION_OR_NMI));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("an exit during the delivery of an event says which event it was") {
    VmxWorld w;
    w.map(guest_idt_at, 0);
    SUBCASE("INT n: the exit is at the instruction") {
        w.launch("int 0x80");
        CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (inject_software | 0x80));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 2);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    SUBCASE("an injected software interrupt keeps the length it was injected with") {
        w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, inject_software | 0x80);
        w.set(F::VM_ENTRY_INSTRUCTION_LENGTH, 2);
        w.launch("hlt");
        CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (inject_software | 0x80));
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == 2);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::GUEST_PHYSICAL_ADDRESS) == guest_idt_at + 0x400);
}

TEST_CASE("a delivery that an exit cut short is finished by injecting it again") {
    VmxWorld w;
    w.map(guest_idt_at, 0);
    w.launch("ud2");
    CHECK(w.reason() == u64(ExitReason::EPT_VIOLATION));
    CHECK(w.get(F::IDT_VECTORING_INFORMATION) == (inject_exception | 6));
    w.map(guest_idt_at, 7);
    w.set(F::VM_ENTRY_INTERRUPTION_INFORMATION, w.get(F::IDT_VECTORING_INFORMATION));
    w.resume();
    CHECK(w.get(F::GUEST_RIP) == guest_handler_at);
    CHECK(w.get(F::IDT_VECTORING_INFORMATION) == 0);
}

TEST_CASE("a triple fault in the guest is an exit, not the machine's end") {
    VmxWorld w;
    w.set(F::GUEST_IDTR_LIMIT, 0);
    w.launch("ud2");
    CHECK(w.left_guest());
    CHECK(w.reason() == u64(ExitReason::TRIPLE_FAULT));
    CHECK(w.get(F::IDT_VECTORING_INFORMATION) == 0);
}

TEST_CASE("the interrupt window opens when the guest can take an interrupt, no sooner") {
    VmxWorld w;
    w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          control(isa::ProcBased::interrupt_window_exiting));
    SUBCASE("after STI's shadow") {
        w.launch("nop\nsti\nnop\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 3);
        CHECK(w.get(F::GUEST_INTERRUPTIBILITY_STATE) == 0);
    }
    SUBCASE("at once, where interrupts are on already") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.launch("nop\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
    SUBCASE("one instruction later, where the guest is entered in STI's shadow") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.set(F::GUEST_INTERRUPTIBILITY_STATE, 1);
        w.launch("nop\nnop\nhlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at + 1);
    }
    SUBCASE("in a guest that is halted") {
        w.set(F::GUEST_RFLAGS, fl::fixed | fl::IF);
        w.set(F::GUEST_ACTIVITY_STATE, 1);
        w.launch("hlt");
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
        CHECK(w.get(F::GUEST_ACTIVITY_STATE) == 1);
    }
    CHECK(w.reason() == u64(ExitReason::INTERRUPT_WINDOW));
}

TEST_CASE("external interrupts leave the guest even where it has them switched off") {
    VmxWorld w;
    w.set(F::PIN_BASED_VM_EXECUTION_CONTROLS,
          cap::pin.must | cap::b(isa::PinBased::external_interrupt_exiting));
    w.add(F::PRIMARY_VM_EXIT_CONTROLS, cap::b(isa::ExitControl::acknowledge_interrupt_on_exit));
    // The host's own timer: channel 0 every 100 ticks, vector 0x20.
    w.put_guest("a: jmp a");
    w.run_host(
        "mov al, 0x11\nout 0x20, al\nmov al, 0x20\nout 0x21, al\nmov al, 4\nout 0x21, al\n"
        "mov al, 1\nout 0x21, al\nmov al, 0xfe\nout 0x21, al\n"
        "mov al, 0x34\nout 0x43, al\nmov al, 2\nout 0x40, al\nmov al, 0\nout 0x40, al\n"
        "vmxon [0x50000]\nvmclear [0x50008]\nvmptrld [0x50008]\nvmlaunch\nhlt");
    CHECK(w.left_guest());
    CHECK(w.reason() == u64(ExitReason::EXTERNAL_INTERRUPT));
    CHECK(w.get(F::VM_EXIT_INTERRUPTION_INFORMATION) == (valid | 0x20));
    CHECK(w.get(F::GUEST_RIP) == guest_code_at);
}

TEST_CASE("the guest's TSC is offset") {
    VmxWorld w;
    w.add(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          control(isa::ProcBased::use_TSC_offsetting));
    w.set(F::TSC_OFFSET, u64{5} << 32);
    w.launch("rdtsc\nhlt");
    CHECK(w.m.cpu.regs.gpr[cpu::DX] == 5);
}

}  // namespace ringside
