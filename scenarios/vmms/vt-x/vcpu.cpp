#include "scenarios/vmms/vt-x/vcpu.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "sim/isa/cpuid.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"

/// run_guest.S: false if VMLAUNCH or VMRESUME failed and the guest never ran.
extern "C" bool vmx_enter(ringside::vmm::GeneralRegisters* registers, bool launched);
extern "C" void vmx_exit_landing();

namespace ringside::vmm {

using namespace vmx;
using isa::ExitControl, isa::PinBased, isa::ProcBased, isa::ProcBased2;
namespace msr = isa::msr;
namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;

namespace {

alignas(4096) u8 vmxon_region[4096], vmcs_region[4096];
alignas(4096) u8 io_bitmaps[2][4096];
bool launched = false;

template <class... Fields>
void write_all(u32 value, Fields... fields) {
    (write(fields, value), ...);
}

/// The control bits that this VMM wants, with those that this processor insists on. A processor
/// with "true" capability MSRs insists on fewer. SDM 3D "VMX Capability Reporting Facility".
u32 adjusted(u32 wanted, u32 capability, const char* name) {
    const u64 allowed = cpu::rdmsr(capability);
    const u32 must = u32(allowed), may = u32(allowed >> 32);
    if (wanted & ~may) stop("this processor lacks VMX controls: ", name, " ", Hex{wanted & ~may});
    return wanted | must;
}

void write_controls(u64 ept_pointer) {
    const bool true_controls = cpu::rdmsr(msr::VMX_BASIC) & bit(55);
    const auto pick = [=](u32 plain, u32 exact) { return true_controls ? exact : plain; };
    write(Field::PIN_BASED_VM_EXECUTION_CONTROLS,
          adjusted(control(PinBased::external_interrupt_exiting),
                   pick(msr::VMX_PINBASED_CTLS, msr::VMX_TRUE_PINBASED_CTLS), "pin-based"));
    write(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          adjusted(control(ProcBased::HLT_exiting) | control(ProcBased::use_IO_bitmaps) |
                       control(ProcBased::activate_secondary_controls),
                   pick(msr::VMX_PROCBASED_CTLS, msr::VMX_TRUE_PROCBASED_CTLS), "primary"));
    write(Field::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
          adjusted(control(ProcBased2::enable_EPT) | control(ProcBased2::unrestricted_guest),
                   msr::VMX_PROCBASED_CTLS2, "secondary"));
    write(Field::PRIMARY_VM_EXIT_CONTROLS,
          adjusted(control(ExitControl::acknowledge_interrupt_on_exit),
                   pick(msr::VMX_EXIT_CTLS, msr::VMX_TRUE_EXIT_CTLS), "exit"));
    write(Field::VM_ENTRY_CONTROLS,
          adjusted(0, pick(msr::VMX_ENTRY_CTLS, msr::VMX_TRUE_ENTRY_CTLS), "entry"));
    // What ept.cpp builds: 4 levels, write-back, 2-MByte pages. SDM 3D "VPID and EPT Capabilities".
    constexpr u64 needed = bit(6) | bit(14) | bit(16);
    if ((cpu::rdmsr(msr::VMX_EPT_VPID_CAP) & needed) != needed)
        stop("this processor's EPT has no 2-MByte pages, write-back tables or 4 levels");
    write64(Field::EPT_POINTER, ept_pointer);
    write64(Field::IO_BITMAP_A_ADDRESS, physical_address(io_bitmaps[0]));
    write64(Field::IO_BITMAP_B_ADDRESS, physical_address(io_bitmaps[1]));
    write64(Field::VMCS_LINK_POINTER, ~u64{0});
    write(Field::EXCEPTION_BITMAP, 0);  // the guest's exceptions are its own
    write_all(0, Field::PAGE_FAULT_ERROR_CODE_MASK, Field::PAGE_FAULT_ERROR_CODE_MATCH,
              Field::CR3_TARGET_COUNT, Field::VM_EXIT_MSR_STORE_COUNT,
              Field::VM_EXIT_MSR_LOAD_COUNT, Field::VM_ENTRY_MSR_LOAD_COUNT,
              Field::VM_ENTRY_INTERRUPTION_INFORMATION);
}

/// Where and how the VMM goes on after an exit.
void write_host_state() {
    write(Field::HOST_CR0, cpu::cr0());
    write(Field::HOST_CR3, cpu::cr3());
    write(Field::HOST_CR4, cpu::cr4());
    write(Field::HOST_CS_SELECTOR, selector::vmm_code);
    write_all(selector::vmm_data, Field::HOST_SS_SELECTOR, Field::HOST_DS_SELECTOR,
              Field::HOST_ES_SELECTOR);
    write(Field::HOST_TR_SELECTOR, selector::vmm_tss);
    write_all(0, Field::HOST_FS_SELECTOR, Field::HOST_GS_SELECTOR, Field::HOST_FS_BASE,
              Field::HOST_GS_BASE, Field::HOST_IA32_SYSENTER_CS, Field::HOST_IA32_SYSENTER_ESP,
              Field::HOST_IA32_SYSENTER_EIP);
    write(Field::HOST_TR_BASE, reinterpret_cast<u32>(&host::task_state()));
    write(Field::HOST_GDTR_BASE, reinterpret_cast<u32>(host::gdt()));
    write(Field::HOST_IDTR_BASE, reinterpret_cast<u32>(host::idt()));
    write(Field::HOST_RIP, reinterpret_cast<u32>(&vmx_exit_landing));
    // HOST_RSP changes with every entry: run_guest.S writes it.
}

/// Access rights as the VMCS has them. SDM 3C "Guest Register State".
namespace rights {
constexpr u32 flat = 1u << 15 | 1u << 14;  // G, D/B
constexpr u32 code = flat | isa::access(0, isa::code_type);
constexpr u32 data = flat | isa::access(0, isa::data_type);
constexpr u32 busy_tss = 0x8b;
constexpr u32 unusable = 1u << 16;
}  // namespace rights

struct SegmentFields {
    Field selector, base, limit, access;
};
void write_segment(const SegmentFields& f, u16 selector, u32 limit, u32 access) {
    write(f.selector, selector);
    write(f.base, 0);
    write(f.limit, limit);
    write(f.access, access);
}

/// As a Multiboot loader leaves the processor: protected mode, flat segments, no paging.
void write_guest_state(const LoadedGuest& loaded) {
    constexpr u32 everything = 0xffffffff;
    write_segment({Field::GUEST_CS_SELECTOR, Field::GUEST_CS_BASE, Field::GUEST_CS_LIMIT,
                   Field::GUEST_CS_ACCESS_RIGHTS},
                  0x08, everything, rights::code);
    const SegmentFields data_segments[] = {
        {Field::GUEST_SS_SELECTOR, Field::GUEST_SS_BASE, Field::GUEST_SS_LIMIT,
         Field::GUEST_SS_ACCESS_RIGHTS},
        {Field::GUEST_DS_SELECTOR, Field::GUEST_DS_BASE, Field::GUEST_DS_LIMIT,
         Field::GUEST_DS_ACCESS_RIGHTS},
        {Field::GUEST_ES_SELECTOR, Field::GUEST_ES_BASE, Field::GUEST_ES_LIMIT,
         Field::GUEST_ES_ACCESS_RIGHTS},
        {Field::GUEST_FS_SELECTOR, Field::GUEST_FS_BASE, Field::GUEST_FS_LIMIT,
         Field::GUEST_FS_ACCESS_RIGHTS},
        {Field::GUEST_GS_SELECTOR, Field::GUEST_GS_BASE, Field::GUEST_GS_LIMIT,
         Field::GUEST_GS_ACCESS_RIGHTS},
    };
    for (const SegmentFields& f : data_segments) write_segment(f, 0x10, everything, rights::data);
    write_segment({Field::GUEST_LDTR_SELECTOR, Field::GUEST_LDTR_BASE, Field::GUEST_LDTR_LIMIT,
                   Field::GUEST_LDTR_ACCESS_RIGHTS},
                  0, 0, rights::unusable);
    // A guest must have a task register, even before it loads one.
    write_segment({Field::GUEST_TR_SELECTOR, Field::GUEST_TR_BASE, Field::GUEST_TR_LIMIT,
                   Field::GUEST_TR_ACCESS_RIGHTS},
                  0, sizeof(isa::Tss32) - 1, rights::busy_tss);

    // What VMX fixes in CR0 and CR4 belongs to the VMM; the guest reads its own view of those bits.
    write(Field::GUEST_CR0, u32(cr0::PE | cr0::ET | cr0::NE));
    write(Field::CR0_GUEST_HOST_MASK, u32(cr0::NE));
    write(Field::CR0_READ_SHADOW, u32(cr0::PE | cr0::ET));
    write(Field::GUEST_CR4, u32(cr4::VMXE));
    write(Field::CR4_GUEST_HOST_MASK, u32(cr4::VMXE));
    write(Field::CR4_READ_SHADOW, 0);
    write_all(0, Field::GUEST_CR3, Field::GUEST_GDTR_BASE, Field::GUEST_GDTR_LIMIT,
              Field::GUEST_IDTR_BASE, Field::GUEST_IDTR_LIMIT, Field::GUEST_RSP,
              Field::GUEST_ACTIVITY_STATE, Field::GUEST_INTERRUPTIBILITY_STATE,
              Field::GUEST_PENDING_DEBUG_EXCEPTIONS, Field::GUEST_IA32_SYSENTER_CS,
              Field::GUEST_IA32_SYSENTER_ESP, Field::GUEST_IA32_SYSENTER_EIP);
    write(Field::GUEST_DR7, 0x400);
    write(Field::GUEST_RFLAGS, u32(isa::flags::fixed));
    write(Field::GUEST_RIP, loaded.entry);
}

void write_revision(u8* region) {
    *reinterpret_cast<u32*>(region) = u32(cpu::rdmsr(msr::VMX_BASIC)) & 0x7fffffff;
}

// Interruption information. SDM 3C "VM-Entry Controls for Event Injection".
constexpr u32 valid = 1u << 31, with_error_code = 1u << 11;
constexpr u32 hardware_exception = 3u << 8;

// Interruptibility. SDM 3C "Guest Non-Register State".
constexpr u32 blocked_by_sti = 1, blocked_by_mov_ss = 2;

}  // namespace

void enter_vmx_operation() {
    u32 eax, ebx, ecx, edx;
    cpu::cpuid(1, eax, ebx, ecx, edx);
    if (!(ecx & isa::cpuid::ecx_VMX)) stop("this processor has no VMX");
    constexpr u64 enabled = msr::feature_lock | msr::feature_vmxon;
    const u64 feature = cpu::rdmsr(msr::FEATURE_CONTROL);
    if (!(feature & msr::feature_lock)) cpu::wrmsr(msr::FEATURE_CONTROL, feature | enabled);
    if ((cpu::rdmsr(msr::FEATURE_CONTROL) & enabled) != enabled)
        stop("the firmware has switched VMX off");
    cpu::set_cr0(
        u32((cpu::cr0() | cpu::rdmsr(msr::VMX_CR0_FIXED0)) & cpu::rdmsr(msr::VMX_CR0_FIXED1)));
    cpu::set_cr4(
        u32((cpu::cr4() | cpu::rdmsr(msr::VMX_CR4_FIXED0)) & cpu::rdmsr(msr::VMX_CR4_FIXED1)));
    write_revision(vmxon_region);
    if (!vmxon(physical_address(vmxon_region))) stop("VMXON failed");
}

void set_up_vmcs(const LoadedGuest& loaded, u64 ept_pointer) {
    for (auto& bitmap : io_bitmaps)
        for (u8& byte : bitmap) byte = 0xff;
    write_revision(vmcs_region);
    if (!vmclear(physical_address(vmcs_region)) || !vmptrld(physical_address(vmcs_region)))
        stop("the VMCS cannot be loaded");
    write_controls(ept_pointer);
    write_host_state();
    write_guest_state(loaded);
}

void let_port_through(u16 port) {
    io_bitmaps[port >> 15][(port & 0x7fff) / 8] &= u8(~(1u << (port & 7)));
}

/// SDM 3C "VM Instruction Error Numbers".
[[noreturn]] static void explain_refused_entry() {
    const u32 error = read(Field::VM_INSTRUCTION_ERROR);
    const char* meaning = "see the manual's VM-instruction error numbers";
    switch (isa::VmError(error)) {
        case isa::VmError::entry_invalid_controls: meaning = "a control field is invalid"; break;
        case isa::VmError::entry_invalid_host_state:
            meaning = "a host-state field is invalid";
            break;
        case isa::VmError::vmlaunch_not_clear: meaning = "VMLAUNCH of a launched VMCS"; break;
        case isa::VmError::vmresume_not_launched:
            meaning = "VMRESUME of a VMCS not launched";
            break;
        case isa::VmError::entry_blocked_by_mov_ss: meaning = "blocked by MOV SS"; break;
        default: break;
    }
    stop("VM entry refused: error ", error, ", ", meaning);
}

void run_guest(GeneralRegisters& registers) {
    PROBE("vtx.enter");
    if (!vmx_enter(&registers, launched)) explain_refused_entry();
    launched = true;
}

void skip_instruction() {
    write(Field::GUEST_RIP, read(Field::GUEST_RIP) + read(Field::VM_EXIT_INSTRUCTION_LENGTH));
    const u32 blocking = read(Field::GUEST_INTERRUPTIBILITY_STATE);
    write(Field::GUEST_INTERRUPTIBILITY_STATE, blocking & ~(blocked_by_sti | blocked_by_mov_ss));
}

bool can_take_interrupt() {
    return (read(Field::GUEST_RFLAGS) & isa::flags::IF) &&
           !(read(Field::GUEST_INTERRUPTIBILITY_STATE) & (blocked_by_sti | blocked_by_mov_ss)) &&
           !(read(Field::VM_ENTRY_INTERRUPTION_INFORMATION) & valid);
}

void inject_interrupt(u8 vector) {
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION, valid | vector);
}
void inject_exception(u8 vector) {
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION, valid | hardware_exception | vector);
}
void inject_exception(u8 vector, u32 error_code) {
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION,
          valid | hardware_exception | with_error_code | vector);
    write(Field::VM_ENTRY_EXCEPTION_ERROR_CODE, error_code);
}

void inject_again_what_was_cut_short() {
    const u32 event = read(Field::IDT_VECTORING_INFORMATION);
    if (!(event & valid)) return;
    write(Field::VM_ENTRY_INTERRUPTION_INFORMATION, event);
    write(Field::VM_ENTRY_EXCEPTION_ERROR_CODE, read(Field::IDT_VECTORING_ERROR_CODE));
    write(Field::VM_ENTRY_INSTRUCTION_LENGTH, read(Field::VM_EXIT_INSTRUCTION_LENGTH));
}

void ask_for_interrupt_window(bool wanted) {
    const u32 window = control(ProcBased::interrupt_window_exiting);
    const u32 now = read(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
    const u32 next = wanted ? now | window : now & ~window;
    if (next != now) write(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, next);
}

}  // namespace ringside::vmm
