// Every basic exit reason: brought about here, or named with what this CPU lacks for it. SDM 3D
// "VMX Basic Exit Reasons".
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "sim/isa/vectors.hpp"
#include "tests/unit/cpu/vmx/long_world.hpp"

namespace ringside {
namespace {

using namespace test;
using isa::ExitControl;
using isa::ExitReason;
using isa::PinBased;
using isa::ProcBased;
using isa::ProcBased2;

/// A 64-bit guest that is left for this reason.
struct Row {
    ExitReason reason;
    const char* guest;
    void (*prepare)(LongWorld&) = [](LongWorld&) {};
};

template <auto control>
void with(LongWorld& w) {
    w.use(control);
}

const Row rows[] = {
    {ExitReason::EXCEPTION_OR_NMI, "ud2",
     [](LongWorld& w) { w.set(F::EXCEPTION_BITMAP, 1u << u8(isa::Vector::UD)); }},
    {ExitReason::EXTERNAL_INTERRUPT, "a: jmp a",
     [](LongWorld& w) {
         w.use(PinBased::external_interrupt_exiting);
         constexpr std::pair<u16, u32> timer[] = {{0x20, 0x11}, {0x21, 0x20}, {0x21, 4}, {0x21, 1},
                                                  {0x21, 0xfe}, {0x43, 0x34}, {0x40, 2}, {0x40, 0}};
         for (const auto& [port, value] : timer) w.m.board.out(port, 1, value, 0);
     }},
    {ExitReason::TRIPLE_FAULT, "ud2", [](LongWorld& w) { w.set(F::GUEST_IDTR_LIMIT, 0); }},
    {ExitReason::INTERRUPT_WINDOW, "sti\nnop\nnop", with<ProcBased::interrupt_window_exiting>},
    {ExitReason::NMI_WINDOW, "nop",
     [](LongWorld& w) {
         w.use(PinBased::NMI_exiting), w.use(PinBased::virtual_NMIs);
         w.use(ProcBased::NMI_window_exiting);
     }},
    {ExitReason::CPUID, "cpuid"},
    {ExitReason::HLT, "hlt"},
    {ExitReason::INVD, "invd"},
    {ExitReason::INVLPG, "invlpg [rax]", with<ProcBased::INVLPG_exiting>},
    {ExitReason::RDPMC, "rdpmc", with<ProcBased::RDPMC_exiting>},
    {ExitReason::RDTSC, "rdtsc", with<ProcBased::RDTSC_exiting>},
    {ExitReason::VMCALL, "vmcall"},
    {ExitReason::VMCLEAR, "vmclear [rax]"},
    {ExitReason::VMLAUNCH, "vmlaunch"},
    {ExitReason::VMPTRLD, "vmptrld [rax]"},
    {ExitReason::VMPTRST, "vmptrst [rax]"},
    {ExitReason::VMREAD, "vmread rax, rbx"},
    {ExitReason::VMRESUME, "vmresume"},
    {ExitReason::VMWRITE, "vmwrite rax, rbx"},
    {ExitReason::VMXOFF, "vmxoff"},
    {ExitReason::VMXON, "vmxon [rax]"},
    {ExitReason::CONTROL_REGISTER_ACCESS, "mov rax, cr8", with<ProcBased::CR8_store_exiting>},
    {ExitReason::MOV_DR, "mov rax, dr0", with<ProcBased::MOV_DR_exiting>},
    {ExitReason::IO_INSTRUCTION, "in al, dx", with<ProcBased::unconditional_IO_exiting>},
    {ExitReason::RDMSR, "rdmsr"},
    {ExitReason::WRMSR, "wrmsr"},
    {ExitReason::ENTRY_FAILURE_GUEST_STATE, "nop", [](LongWorld& w) { w.set(F::GUEST_RFLAGS, 0); }},
    {ExitReason::ENTRY_FAILURE_MSR_LOADING, "nop",
     [](LongWorld& w) {
         w.write(0x60000, isa::msr::FS_BASE, 8);
         w.set(F::VM_ENTRY_MSR_LOAD_ADDRESS, 0x60000), w.set(F::VM_ENTRY_MSR_LOAD_COUNT, 1);
     }},
    {ExitReason::MWAIT, "mwait", with<ProcBased::MWAIT_exiting>},
    {ExitReason::MONITOR_TRAP_FLAG, "nop", with<ProcBased::monitor_trap_flag>},
    {ExitReason::MONITOR, "monitor", with<ProcBased::MONITOR_exiting>},
    {ExitReason::PAUSE, "pause", with<ProcBased::PAUSE_exiting>},
    {ExitReason::TPR_BELOW_THRESHOLD, "xor eax, eax\nmov cr8, rax\nnop",
     [](LongWorld& w) {
         w.use(ProcBased::use_TPR_shadow);
         w.set(F::VIRTUAL_APIC_ADDRESS, 0x60000), w.set(F::TPR_THRESHOLD, 1);
         w.write(0x60080, 0xf0);
     }},
    {ExitReason::ACCESS_TO_GDTR_OR_IDTR, "sidt [rsp]", with<ProcBased2::descriptor_table_exiting>},
    {ExitReason::ACCESS_TO_LDTR_OR_TR, "str rax", with<ProcBased2::descriptor_table_exiting>},
    {ExitReason::EPT_VIOLATION, "mov rax, [abs 0x10000]", [](LongWorld& w) { w.map(0x10000, 0); }},
    {ExitReason::EPT_MISCONFIGURATION, "mov rax, [abs 0x10000]",
     [](LongWorld& w) { w.map(0x10000, isa::ept::W); }},
    {ExitReason::INVEPT, "invept rax, [rbx]"},
    {ExitReason::RDTSCP, "rdtscp",
     [](LongWorld& w) { w.use(ProcBased2::enable_RDTSCP), w.use(ProcBased::RDTSC_exiting); }},
    {ExitReason::VMX_PREEMPTION_TIMER_EXPIRED, "nop", with<PinBased::preemption_timer>},
    {ExitReason::INVVPID, "invvpid rax, [rbx]"},
    {ExitReason::WBINVD, "wbinvd", with<ProcBased2::WBINVD_exiting>},
    {ExitReason::INVPCID, "invpcid rax, [rbx]",
     [](LongWorld& w) { w.use(ProcBased2::enable_INVPCID), w.use(ProcBased::INVLPG_exiting); }},
    {ExitReason::RDRAND, "rdrand eax", with<ProcBased2::RDRAND_exiting>},
    {ExitReason::RDSEED, "rdseed eax", with<ProcBased2::RDSEED_exiting>},
    {ExitReason::VMFUNC, "xor eax, eax\nvmfunc", with<ProcBased2::enable_VM_functions>},
};

/// Brought about by other tests; or what this CPU lacks for them.
const std::map<ExitReason, const char*> others = {
    {ExitReason::INIT_SIGNAL, "boundary_test.cpp: signals arrive in the guest only"},
    {ExitReason::STARTUP_IPI, "boundary_test.cpp: signals arrive in the guest only"},
    {ExitReason::TASK_SWITCH, "below: there is none in IA-32e mode"},
    {ExitReason::IO_SMI, "system-management mode"},
    {ExitReason::OTHER_SMI, "system-management mode"},
    {ExitReason::RSM, "system-management mode"},
    {ExitReason::GETSEC, "safer mode extensions"},
    {ExitReason::ENTRY_FAILURE_MACHINE_CHECK, "machine checks"},
    {ExitReason::APIC_ACCESS, "\"virtualize APIC accesses\""},
    {ExitReason::VIRTUALIZED_EOI, "\"virtual-interrupt delivery\""},
    {ExitReason::APIC_WRITE, "\"APIC-register virtualization\""},
    {ExitReason::XSETBV, "XSAVE"},
    {ExitReason::XSAVES, "XSAVE"},
    {ExitReason::XRSTORS, "XSAVE"},
    {ExitReason::ENCLS, "enclaves"},
    {ExitReason::PAGE_MODIFICATION_LOG_FULL, "\"enable PML\""},
};

}  // namespace

TEST_CASE("a guest is left for every reason that this CPU has") {
    for (const Row& row : rows) {
        const std::string name = isa::exit_reason_name(u32(row.reason));
        CAPTURE(name);
        LongWorld w;
        row.prepare(w);
        w.launch(row.guest);
        CHECK(w.left_guest());
        CHECK((w.reason() & 0xffff) == u64(row.reason));
    }
}

TEST_CASE("a task switch of a 32-bit guest leaves it, with the selector and what asked for it") {
    const struct {
        const char* text;
        u64 qualification, length;
    } tried[] = {{"jmp 0x18:0", u64{2} << 30 | 0x18, 7}, {"call 0x18:0", 0x18, 7}};
    for (const auto& row : tried) {
        VmxWorld w;
        constexpr u64 available_tss = 0x0000890000000067;
        w.write(guest_base + guest_gdt_at + 0x18, available_tss | u64{0x5000} << 16, 8);
        w.set(F::GUEST_GDTR_LIMIT, 0x1f);
        w.launch(row.text);
        CHECK(w.reason() == u64(ExitReason::TASK_SWITCH));
        CHECK(w.get(F::EXIT_QUALIFICATION) == row.qualification);
        CHECK(w.get(F::VM_EXIT_INSTRUCTION_LENGTH) == row.length);
        CHECK(w.get(F::GUEST_RIP) == guest_code_at);
    }
}

TEST_CASE("every reason is one of these") {
    std::map<ExitReason, int> seen;
    for (const Row& row : rows) ++seen[row.reason];
    for (const auto& [reason, why] : others) ++seen[reason];
    for (u32 n = 0; n <= u32(ExitReason::XRSTORS); ++n) {
        const std::string name = isa::exit_reason_name(n);
        CAPTURE(n);
        CHECK(seen[ExitReason(n)] == (name == "?" ? 0 : 1));
    }
}

}  // namespace ringside
