// Model-specific registers and the VMX capability values. SDM 4 "Model-Specific Registers",
// SDM 3D "VMX Capability Reporting Facility". Freestanding.
#pragma once
#include "sim/isa/control_registers.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vmx.hpp"

namespace ringside::isa::msr {

inline constexpr u32 TIME_STAMP_COUNTER = 0x10, APIC_BASE = 0x1b, FEATURE_CONTROL = 0x3a,
                     SYSENTER_CS = 0x174, SYSENTER_ESP = 0x175, SYSENTER_EIP = 0x176,
                     DEBUGCTL = 0x1d9, PAT = 0x277, X2APIC_FIRST = 0x800, EFER = 0xc0000080,
                     STAR = 0xc0000081, LSTAR = 0xc0000082, CSTAR = 0xc0000083, FMASK = 0xc0000084,
                     FS_BASE = 0xc0000100, GS_BASE = 0xc0000101, KERNEL_GS_BASE = 0xc0000102,
                     TSC_AUX = 0xc0000103;
inline constexpr u32 VMX_BASIC = 0x480, VMX_PINBASED_CTLS = 0x481, VMX_PROCBASED_CTLS = 0x482,
                     VMX_EXIT_CTLS = 0x483, VMX_ENTRY_CTLS = 0x484, VMX_MISC = 0x485,
                     VMX_CR0_FIXED0 = 0x486, VMX_CR0_FIXED1 = 0x487, VMX_CR4_FIXED0 = 0x488,
                     VMX_CR4_FIXED1 = 0x489, VMX_VMCS_ENUM = 0x48a, VMX_PROCBASED_CTLS2 = 0x48b,
                     VMX_EPT_VPID_CAP = 0x48c, VMX_TRUE_PINBASED_CTLS = 0x48d,
                     VMX_TRUE_PROCBASED_CTLS = 0x48e, VMX_TRUE_EXIT_CTLS = 0x48f,
                     VMX_TRUE_ENTRY_CTLS = 0x490, VMX_VMFUNC = 0x491;

/// IA32_FEATURE_CONTROL: lock, VMXON outside SMX.
inline constexpr u64 feature_lock = bit(0), feature_vmxon = bit(2);

}  // namespace ringside::isa::msr

/// IA32_DEBUGCTL: of its features this CPU has one. SDM 3B "IA32_DEBUGCTL MSR".
namespace ringside::isa::debugctl {

inline constexpr u64 BTF = bit(1);  ///< EFLAGS.TF traps after branches only
inline constexpr u64 reserved = ~BTF;

}  // namespace ringside::isa::debugctl

/// IA32_PAT: eight memory types of one byte. SDM 3A "Page Attribute Table (PAT)".
namespace ringside::isa::pat {

inline constexpr u64 after_reset = 0x0007040600070406;
/// UC, WC, WT, WP, WB, UC-.
constexpr bool valid(u64 value) {
    for (unsigned n = 0; n < 8; ++n) {
        const u64 type = (value >> (8 * n)) & 0xff;
        if (type > 7 || type == 2 || type == 3) return false;
    }
    return true;
}
static_assert(valid(after_reset) && !valid(2) && !valid(8));

}  // namespace ringside::isa::pat

namespace ringside::isa::vmx_capability {

inline constexpr u32 revision = 0x52494e47;  ///< VMCS revision identifier, bit 31 clear
inline constexpr unsigned region_bytes = 4096;
inline constexpr unsigned physical_bits = paging::physical_bits;

/// A control word: the bits that must be 1 and those that may be 1.
struct Allowed {
    u32 must, may;
    constexpr u64 msr() const { return u64(may) << 32 | must; }
    constexpr bool accepts(u32 value) const { return (must & ~value) == 0 && (value & ~may) == 0; }
};

constexpr u32 b(PinBased c) { return 1u << u8(c); }
constexpr u32 b(ProcBased c) { return 1u << u8(c); }
constexpr u32 b(ProcBased2 c) { return 1u << u8(c); }
constexpr u32 b(ExitControl c) { return 1u << u8(c); }
constexpr u32 b(EntryControl c) { return 1u << u8(c); }

// Default-1 classes. SDM 3D "Reserved Bits and Default Settings".
inline constexpr u32 pin_default1 = 0x16, primary_default1 = 0x0401e172, exit_default1 = 0x00036dff,
                     entry_default1 = 0x000011ff;

inline constexpr Allowed pin{pin_default1, pin_default1 | b(PinBased::external_interrupt_exiting) |
                                               b(PinBased::NMI_exiting) |
                                               b(PinBased::virtual_NMIs) |
                                               b(PinBased::preemption_timer)};
/// "True": CR3-load and CR3-store exiting (in the default-1 class) may be 0.
inline constexpr Allowed primary{
    primary_default1 & ~(b(ProcBased::CR3_load_exiting) | b(ProcBased::CR3_store_exiting)),
    primary_default1 | b(ProcBased::interrupt_window_exiting) | b(ProcBased::use_TSC_offsetting) |
        b(ProcBased::HLT_exiting) | b(ProcBased::INVLPG_exiting) | b(ProcBased::MWAIT_exiting) |
        b(ProcBased::RDPMC_exiting) | b(ProcBased::RDTSC_exiting) | b(ProcBased::CR8_load_exiting) |
        b(ProcBased::CR8_store_exiting) | b(ProcBased::use_TPR_shadow) |
        b(ProcBased::NMI_window_exiting) | b(ProcBased::MOV_DR_exiting) |
        b(ProcBased::unconditional_IO_exiting) | b(ProcBased::use_IO_bitmaps) |
        b(ProcBased::monitor_trap_flag) | b(ProcBased::use_MSR_bitmaps) |
        b(ProcBased::MONITOR_exiting) | b(ProcBased::PAUSE_exiting) |
        b(ProcBased::activate_secondary_controls)};
inline constexpr Allowed secondary{
    0, b(ProcBased2::enable_EPT) | b(ProcBased2::descriptor_table_exiting) |
           b(ProcBased2::enable_RDTSCP) | b(ProcBased2::enable_VPID) |
           b(ProcBased2::WBINVD_exiting) | b(ProcBased2::unrestricted_guest) |
           b(ProcBased2::PAUSE_loop_exiting) | b(ProcBased2::RDRAND_exiting) |
           b(ProcBased2::enable_INVPCID) | b(ProcBased2::enable_VM_functions) |
           b(ProcBased2::RDSEED_exiting) | b(ProcBased2::use_TSC_scaling)};
inline constexpr Allowed exit{exit_default1 & ~b(ExitControl::save_debug_controls),
                              exit_default1 | b(ExitControl::host_address_space_size) |
                                  b(ExitControl::acknowledge_interrupt_on_exit) |
                                  b(ExitControl::save_PAT) | b(ExitControl::load_PAT) |
                                  b(ExitControl::save_EFER) | b(ExitControl::load_EFER) |
                                  b(ExitControl::save_preemption_timer)};
inline constexpr Allowed entry{entry_default1 & ~b(EntryControl::load_debug_controls),
                               entry_default1 | b(EntryControl::IA32e_mode_guest) |
                                   b(EntryControl::load_PAT) | b(EntryControl::load_EFER)};

inline constexpr u64 basic =
    u64(revision) | u64(region_bytes) << 32 | u64(6) << 50 /* write-back */ |
    bit(54) /* INS and OUTS have instruction information */ | bit(55) /* TRUE controls */;
inline constexpr unsigned preemption_timer_bit = 5, cr3_targets = 4;
/// Bit 5: exits store EFER.LMA into "IA-32e mode guest". Activity states HLT, shutdown and
/// wait-for-SIPI; lists of 512 MSRs are safe.
inline constexpr u64 misc =
    preemption_timer_bit | bit(5) | bit(6) | bit(7) | bit(8) | u64(cr3_targets) << 16;
inline constexpr u64 cr0_fixed0 = cr0::PE | cr0::NE | cr0::PG, cr0_fixed1 = 0xffffffff;
inline constexpr u64 cr4_fixed0 = cr4::VMXE;
inline constexpr u64 cr4_fixed1 = cr4::VME | cr4::PVI | cr4::TSD | cr4::DE | cr4::PSE | cr4::PAE |
                                  cr4::MCE | cr4::PGE | cr4::PCE | cr4::VMXE | cr4::FSGSBASE |
                                  cr4::UMIP | cr4::PCIDE | cr4::SMEP | cr4::SMAP;
/// Walk length 4, write-back, 2-MByte and 1-GByte pages, accessed and dirty flags, INVEPT of one or
/// all contexts, INVVPID of an address, one context, all, or one but its global translations.
inline constexpr u64 ept_vpid = bit(6) | bit(14) | bit(16) | bit(17) | bit(20) | bit(21) | bit(25) |
                                bit(26) | bit(32) | bit(40) | bit(41) | bit(42) | bit(43);
inline constexpr u64 vmcs_enum = 0x32;       ///< the highest index: TSC_MULTIPLIER
inline constexpr u64 vm_functions = bit(0);  ///< EPTP switching

}  // namespace ringside::isa::vmx_capability
