// The VMX instructions: where they may run, what they answer, the launch state. SDM 3C "VMX
// Instruction Reference".
#include <doctest/doctest.h>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/vmx_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitReason;
namespace fl = isa::flags;

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
        {"VMREAD of a field whose feature is not offered", "mov eax, 2\nvmread ebx, eax", 12},
        {"VMWRITE of a field whose feature is not offered", "mov eax, 0x4024\nvmwrite eax, ebx",
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
    w.run_host(
        "vmxon [0x50000]\nvmptrld [0x50008]\nmov ebx, 0x12345678\n"
        "mov eax, 0x2010\nvmwrite eax, ebx\nmov eax, 0x2011\nvmread edx, eax\nhlt");
    CHECK(w.m.cpu.regs.gpr[cpu::DX] == 0);  // a write of the whole clears the high half
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

}  // namespace ringside
