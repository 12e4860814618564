// VMX: exit reasons, execution controls, VM-instruction errors. SDM 3C and 3D. Freestanding.
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa {

/// SDM 3D "VMX Basic Exit Reasons".
enum class ExitReason : u16 {
    EXCEPTION_OR_NMI = 0,
    EXTERNAL_INTERRUPT = 1,
    TRIPLE_FAULT = 2,
    INIT_SIGNAL = 3,
    STARTUP_IPI = 4,
    IO_SMI = 5,
    OTHER_SMI = 6,
    INTERRUPT_WINDOW = 7,
    NMI_WINDOW = 8,
    TASK_SWITCH = 9,
    CPUID = 10,
    GETSEC = 11,
    HLT = 12,
    INVD = 13,
    INVLPG = 14,
    RDPMC = 15,
    RDTSC = 16,
    RSM = 17,
    VMCALL = 18,
    VMCLEAR = 19,
    VMLAUNCH = 20,
    VMPTRLD = 21,
    VMPTRST = 22,
    VMREAD = 23,
    VMRESUME = 24,
    VMWRITE = 25,
    VMXOFF = 26,
    VMXON = 27,
    CONTROL_REGISTER_ACCESS = 28,
    MOV_DR = 29,
    IO_INSTRUCTION = 30,
    RDMSR = 31,
    WRMSR = 32,
    ENTRY_FAILURE_GUEST_STATE = 33,
    ENTRY_FAILURE_MSR_LOADING = 34,
    MWAIT = 36,
    MONITOR_TRAP_FLAG = 37,
    MONITOR = 39,
    PAUSE = 40,
    ENTRY_FAILURE_MACHINE_CHECK = 41,
    TPR_BELOW_THRESHOLD = 43,
    APIC_ACCESS = 44,
    VIRTUALIZED_EOI = 45,
    ACCESS_TO_GDTR_OR_IDTR = 46,
    ACCESS_TO_LDTR_OR_TR = 47,
    EPT_VIOLATION = 48,
    EPT_MISCONFIGURATION = 49,
    INVEPT = 50,
    RDTSCP = 51,
    VMX_PREEMPTION_TIMER_EXPIRED = 52,
    INVVPID = 53,
    WBINVD = 54,
    XSETBV = 55,
    APIC_WRITE = 56,
    RDRAND = 57,
    INVPCID = 58,
    VMFUNC = 59,
    ENCLS = 60,
    RDSEED = 61,
    PAGE_MODIFICATION_LOG_FULL = 62,
    XSAVES = 63,
    XRSTORS = 64,
};
inline constexpr u32 entry_failure = 1u << 31;  ///< set in the exit reason after a failed VM entry

constexpr const char* exit_reason_name(u32 reason) {
    switch (ExitReason(reason & 0xffff)) {
        case ExitReason::EXCEPTION_OR_NMI: return "EXCEPTION_OR_NMI";
        case ExitReason::EXTERNAL_INTERRUPT: return "EXTERNAL_INTERRUPT";
        case ExitReason::TRIPLE_FAULT: return "TRIPLE_FAULT";
        case ExitReason::INIT_SIGNAL: return "INIT_SIGNAL";
        case ExitReason::STARTUP_IPI: return "STARTUP_IPI";
        case ExitReason::IO_SMI: return "IO_SMI";
        case ExitReason::OTHER_SMI: return "OTHER_SMI";
        case ExitReason::INTERRUPT_WINDOW: return "INTERRUPT_WINDOW";
        case ExitReason::NMI_WINDOW: return "NMI_WINDOW";
        case ExitReason::TASK_SWITCH: return "TASK_SWITCH";
        case ExitReason::CPUID: return "CPUID";
        case ExitReason::GETSEC: return "GETSEC";
        case ExitReason::HLT: return "HLT";
        case ExitReason::INVD: return "INVD";
        case ExitReason::INVLPG: return "INVLPG";
        case ExitReason::RDPMC: return "RDPMC";
        case ExitReason::RDTSC: return "RDTSC";
        case ExitReason::RSM: return "RSM";
        case ExitReason::VMCALL: return "VMCALL";
        case ExitReason::VMCLEAR: return "VMCLEAR";
        case ExitReason::VMLAUNCH: return "VMLAUNCH";
        case ExitReason::VMPTRLD: return "VMPTRLD";
        case ExitReason::VMPTRST: return "VMPTRST";
        case ExitReason::VMREAD: return "VMREAD";
        case ExitReason::VMRESUME: return "VMRESUME";
        case ExitReason::VMWRITE: return "VMWRITE";
        case ExitReason::VMXOFF: return "VMXOFF";
        case ExitReason::VMXON: return "VMXON";
        case ExitReason::CONTROL_REGISTER_ACCESS: return "CONTROL_REGISTER_ACCESS";
        case ExitReason::MOV_DR: return "MOV_DR";
        case ExitReason::IO_INSTRUCTION: return "IO_INSTRUCTION";
        case ExitReason::RDMSR: return "RDMSR";
        case ExitReason::WRMSR: return "WRMSR";
        case ExitReason::ENTRY_FAILURE_GUEST_STATE: return "ENTRY_FAILURE_GUEST_STATE";
        case ExitReason::ENTRY_FAILURE_MSR_LOADING: return "ENTRY_FAILURE_MSR_LOADING";
        case ExitReason::MWAIT: return "MWAIT";
        case ExitReason::MONITOR_TRAP_FLAG: return "MONITOR_TRAP_FLAG";
        case ExitReason::MONITOR: return "MONITOR";
        case ExitReason::PAUSE: return "PAUSE";
        case ExitReason::ENTRY_FAILURE_MACHINE_CHECK: return "ENTRY_FAILURE_MACHINE_CHECK";
        case ExitReason::TPR_BELOW_THRESHOLD: return "TPR_BELOW_THRESHOLD";
        case ExitReason::APIC_ACCESS: return "APIC_ACCESS";
        case ExitReason::VIRTUALIZED_EOI: return "VIRTUALIZED_EOI";
        case ExitReason::ACCESS_TO_GDTR_OR_IDTR: return "ACCESS_TO_GDTR_OR_IDTR";
        case ExitReason::ACCESS_TO_LDTR_OR_TR: return "ACCESS_TO_LDTR_OR_TR";
        case ExitReason::EPT_VIOLATION: return "EPT_VIOLATION";
        case ExitReason::EPT_MISCONFIGURATION: return "EPT_MISCONFIGURATION";
        case ExitReason::INVEPT: return "INVEPT";
        case ExitReason::RDTSCP: return "RDTSCP";
        case ExitReason::VMX_PREEMPTION_TIMER_EXPIRED: return "VMX_PREEMPTION_TIMER_EXPIRED";
        case ExitReason::INVVPID: return "INVVPID";
        case ExitReason::WBINVD: return "WBINVD";
        case ExitReason::XSETBV: return "XSETBV";
        case ExitReason::APIC_WRITE: return "APIC_WRITE";
        case ExitReason::RDRAND: return "RDRAND";
        case ExitReason::INVPCID: return "INVPCID";
        case ExitReason::VMFUNC: return "VMFUNC";
        case ExitReason::ENCLS: return "ENCLS";
        case ExitReason::RDSEED: return "RDSEED";
        case ExitReason::PAGE_MODIFICATION_LOG_FULL: return "PAGE_MODIFICATION_LOG_FULL";
        case ExitReason::XSAVES: return "XSAVES";
        case ExitReason::XRSTORS: return "XRSTORS";
    }
    return "?";
}

/// Bit numbers of the pin-based controls. SDM 3C "Pin-Based VM-Execution Controls".
enum class PinBased : u8 {
    external_interrupt_exiting = 0,
    NMI_exiting = 3,
    virtual_NMIs = 5,
    preemption_timer = 6
};
/// Bit numbers of the primary processor-based controls.
enum class ProcBased : u8 {
    interrupt_window_exiting = 2,
    use_TSC_offsetting = 3,
    HLT_exiting = 7,
    INVLPG_exiting = 9,
    MWAIT_exiting = 10,
    RDPMC_exiting = 11,
    RDTSC_exiting = 12,
    CR3_load_exiting = 15,
    CR3_store_exiting = 16,
    CR8_load_exiting = 19,
    CR8_store_exiting = 20,
    use_TPR_shadow = 21,
    NMI_window_exiting = 22,
    MOV_DR_exiting = 23,
    unconditional_IO_exiting = 24,
    use_IO_bitmaps = 25,
    monitor_trap_flag = 27,
    use_MSR_bitmaps = 28,
    MONITOR_exiting = 29,
    PAUSE_exiting = 30,
    activate_secondary_controls = 31,
};
/// Bit numbers of the secondary processor-based controls.
enum class ProcBased2 : u8 {
    virtualize_APIC_accesses = 0,
    enable_EPT = 1,
    descriptor_table_exiting = 2,
    enable_RDTSCP = 3,
    enable_VPID = 5,
    WBINVD_exiting = 6,
    unrestricted_guest = 7,
    PAUSE_loop_exiting = 10,
    RDRAND_exiting = 11,
    enable_INVPCID = 12,
    enable_VM_functions = 13,
    RDSEED_exiting = 16,
    use_TSC_scaling = 25,
};
/// Bit numbers of the VM-exit controls.
enum class ExitControl : u8 {
    save_debug_controls = 2,
    host_address_space_size = 9,
    acknowledge_interrupt_on_exit = 15,
    save_PAT = 18,
    load_PAT = 19,
    save_EFER = 20,
    load_EFER = 21,
    save_preemption_timer = 22,
};
/// Bit numbers of the VM-entry controls.
enum class EntryControl : u8 {
    load_debug_controls = 2,
    IA32e_mode_guest = 9,
    entry_to_SMM = 10,
    load_PAT = 14,
    load_EFER = 15,
};

/// VM functions. SDM 3C "General Operation of the VMFUNC Instruction".
namespace vm_function {
inline constexpr u64 EPTP_switching = bit(0);
inline constexpr u64 eptp_list_entries = 512;
}  // namespace vm_function

/// SDM 3C "Guest Non-Register State".
enum class ActivityState : u32 { active = 0, HLT = 1, shutdown = 2, wait_for_SIPI = 3 };

/// Bits of the guest's interruptibility state. SDM 3C "Guest Non-Register State".
namespace interruptibility {
inline constexpr u64 STI = bit(0), MOV_SS = bit(1), SMI = bit(2), NMI = bit(3), enclave = bit(4);
}

/// VMX-abort indicators. SDM 3C "VMX Aborts".
enum class VmxAbort : u8 {
    saving_guest_msrs = 1,
    host_PDPTEs = 2,
    corrupted_vmcs = 3,
    loading_host_msrs = 4,
    machine_check = 5,
    host_not_64_bit = 6,
};

constexpr const char* vmx_abort_name(u64 indicator) {
    switch (VmxAbort(indicator)) {
        case VmxAbort::saving_guest_msrs: return "an MSR of the guest could not be stored";
        case VmxAbort::host_PDPTEs: return "the host's page-directory-pointer table is not valid";
        case VmxAbort::corrupted_vmcs: return "the current VMCS has been corrupted";
        case VmxAbort::loading_host_msrs: return "an MSR of the host could not be loaded";
        case VmxAbort::machine_check: return "there was a machine-check event";
        case VmxAbort::host_not_64_bit:
            return "the processor was in IA-32e mode and the host's address space is not";
    }
    return "?";
}

/// VM-instruction error numbers. SDM 3C "VM Instruction Error Numbers".
enum class VmError : u8 {
    vmcall_in_root = 1,
    vmclear_bad_address = 2,
    vmclear_vmxon_pointer = 3,
    vmlaunch_not_clear = 4,
    vmresume_not_launched = 5,
    vmresume_after_vmxoff = 6,
    entry_invalid_controls = 7,
    entry_invalid_host_state = 8,
    vmptrld_bad_address = 9,
    vmptrld_vmxon_pointer = 10,
    vmptrld_wrong_revision = 11,
    unsupported_field = 12,
    write_read_only_field = 13,
    vmxon_in_root = 15,
    entry_blocked_by_mov_ss = 26,
    invalid_invalidation_operand = 28,
};

}  // namespace ringside::isa
