#include "scenarios/vmms/common/vmx/controls.hpp"

#include "scenarios/vmms/common/command_line.hpp"
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/vmx/long_mode.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::vmm {

using namespace vmx;
using isa::EntryControl, isa::ExitControl, isa::PinBased, isa::ProcBased, isa::ProcBased2;
namespace msr = isa::msr;
namespace cr0 = isa::cr0;
namespace cr4 = isa::cr4;

namespace {

struct Capability {
    u32 plain, exact;
    const char* name;
};
constexpr Capability pin{msr::VMX_PINBASED_CTLS, msr::VMX_TRUE_PINBASED_CTLS, "pin-based"},
    primary{msr::VMX_PROCBASED_CTLS, msr::VMX_TRUE_PROCBASED_CTLS, "primary"},
    secondary{msr::VMX_PROCBASED_CTLS2, msr::VMX_PROCBASED_CTLS2, "secondary"},
    exit{msr::VMX_EXIT_CTLS, msr::VMX_TRUE_EXIT_CTLS, "exit"},
    entry{msr::VMX_ENTRY_CTLS, msr::VMX_TRUE_ENTRY_CTLS, "entry"};

/// The control bits that this VMM wants, with those that this processor insists on. A processor
/// with "true" capability MSRs insists on fewer. `welcome` ones are taken where the processor has
/// them. SDM 3D "VMX Capability Reporting Facility".
u32 adjusted(const Capability& capability, u32 wanted, u32 welcome = 0) {
    const bool true_controls = cpu::rdmsr(msr::VMX_BASIC) & bit(55);
    const u64 allowed = cpu::rdmsr(true_controls ? capability.exact : capability.plain);
    const u32 must = u32(allowed), may = u32(allowed >> 32);
    if (wanted & ~may)
        stop("this processor lacks ", capability.name, " VMX controls: ", Hex{wanted & ~may});
    return wanted | must | (welcome & may);
}

u32 wanted_primary(const Configuration& c) {
    u32 wanted = control(ProcBased::HLT_exiting) | control(ProcBased::use_IO_bitmaps) |
                 control(ProcBased::use_MSR_bitmaps) | control(ProcBased::use_TSC_offsetting) |
                 control(ProcBased::activate_secondary_controls);
    if (c.shadow_paging) wanted |= control(ProcBased::INVLPG_exiting);
    if (c.shadow_paging || c.every_exit)
        wanted |= control(ProcBased::CR3_load_exiting) | control(ProcBased::CR3_store_exiting);
    if (c.every_exit) wanted |= watched_primary_controls();
    if constexpr (long_mode)
        wanted |= c.every_exit
                      ? control(ProcBased::CR8_load_exiting) | control(ProcBased::CR8_store_exiting)
                      : control(ProcBased::use_TPR_shadow);
    return wanted;
}
/// The processor is in 64-bit mode when the VMM runs, and exchanges EFER. SDM 3C "Primary VM-Exit
/// Controls", "VM-Entry Controls".
u32 wanted_exit() {
    const u32 wanted = control(ExitControl::acknowledge_interrupt_on_exit) |
                       control(ExitControl::save_debug_controls);
    if constexpr (!long_mode) return wanted;
    return wanted | control(ExitControl::host_address_space_size) |
           control(ExitControl::save_EFER) | control(ExitControl::load_EFER);
}
u32 wanted_entry() {
    return control(EntryControl::load_debug_controls) |
           (long_mode ? control(EntryControl::load_EFER) : 0);
}

/// For instructions that not every processor with VMX has.
constexpr u32 newer_watched_secondary_controls =
    control(ProcBased2::RDRAND_exiting) | control(ProcBased2::RDSEED_exiting);

u32 wanted_secondary(const Configuration& c) {
    u32 wanted = control(ProcBased2::enable_VPID);
    if (!c.shadow_paging)
        wanted |= control(ProcBased2::enable_EPT) | control(ProcBased2::unrestricted_guest);
    if (c.every_exit) wanted |= watched_secondary_controls() & ~newer_watched_secondary_controls;
    return wanted;
}

/// The bits of CR0 and CR4 whose change takes the guest out: those that VMX itself needs; what
/// changes the meaning of page tables, if they are shadowed; or all.
u32 cr0_mask(const Configuration& c) {
    if (c.every_exit) return ~0u;
    return u32(cr0::NE | (c.shadow_paging ? cr0::PE | cr0::PG | cr0::WP : 0));
}
u32 cr4_mask(const Configuration& c) {
    if (c.every_exit) return ~0u;
    return u32(cr4::VMXE | (c.shadow_paging ? cr4::PSE | cr4::PAE | cr4::PGE : 0));
}

/// The guest's exceptions are its own, but a #PF may come from a shadow that is behind.
u32 exception_bitmap(const Configuration& c) {
    if (c.every_exit) return ~0u;
    return c.shadow_paging ? 1u << u8(isa::Vector::PF) : 0;
}

void write_bitmaps(GuestCpu& guest) {
    memset(guest.pages->io_bitmaps, 0xff, sizeof guest.pages->io_bitmaps);
    memset(guest.pages->msr_bitmap, 0xff, sizeof guest.pages->msr_bitmap);
    if (!guest.configuration.every_exit) {
        // The VMCS exchanges those of SYSENTER, and TSC_OFFSET is added to the time-stamp counter.
        let_msr_through(guest, msr::SYSENTER_CS, true);
        let_msr_through(guest, msr::SYSENTER_ESP, true);
        let_msr_through(guest, msr::SYSENTER_EIP, true);
        let_msr_through(guest, msr::TIME_STAMP_COUNTER, false);
        if constexpr (long_mode) let_long_mode_msrs_through(guest);
    }
    write64(Field::IO_BITMAP_A_ADDRESS, physical_address(guest.pages->io_bitmaps[0]));
    write64(Field::IO_BITMAP_B_ADDRESS, physical_address(guest.pages->io_bitmaps[1]));
    write64(Field::MSR_BITMAP_ADDRESS, physical_address(guest.pages->msr_bitmap));
}

/// What ept.cpp builds (4 levels, write-back, 2-MByte pages), and INVVPID of an address and of a
/// context. SDM 3D "VPID and EPT Capabilities".
void check_capabilities(const Configuration& c) {
    constexpr u64 needed_ept = bit(6) | bit(14) | bit(16),
                  needed_vpid = bit(32) | bit(40) | bit(41);
    const u64 has = cpu::rdmsr(msr::VMX_EPT_VPID_CAP);
    if (!c.shadow_paging && (has & needed_ept) != needed_ept)
        stop("this processor's EPT has no 2-MByte pages, write-back tables or 4 levels");
    if ((has & needed_vpid) != needed_vpid)
        stop("this processor's INVVPID knows no single addresses or contexts");
}

}  // namespace

Configuration configuration_from(const char* command_line) {
    const CommandLine options{command_line};
    return {options.choose("paging", "ept", "shadow"), options.choose("exits", "minimal", "all")};
}

void let_msr_through(GuestCpu& guest, u32 index, bool write_too) {
    constexpr u32 high_msrs = 0xc0000000, high_msrs_at = 1024, writes_at = 2048;
    u8* const map = guest.pages->msr_bitmap + (index >= high_msrs ? high_msrs_at : 0);
    const u32 n = index & 0x1fff;
    const u8 others = u8(~(1u << n % 8));
    map[n / 8] &= others;
    if (write_too) map[writes_at + n / 8] &= others;
}

u32 watched_primary_controls() {
    return control(ProcBased::INVLPG_exiting) | control(ProcBased::MWAIT_exiting) |
           control(ProcBased::RDPMC_exiting) | control(ProcBased::RDTSC_exiting) |
           control(ProcBased::MOV_DR_exiting) | control(ProcBased::MONITOR_exiting);
}
u32 watched_secondary_controls() {
    return control(ProcBased2::descriptor_table_exiting) | control(ProcBased2::WBINVD_exiting) |
           newer_watched_secondary_controls;
}

u32 forced_cr0(const GuestCpu& guest) {
    const bool shadow = guest.configuration.shadow_paging;
    return u32(cr0::NE | cr0::ET | (shadow ? cr0::PE | cr0::PG | cr0::WP : 0));
}
u32 forced_cr4() { return u32(cr4::VMXE); }

void write_controls(GuestCpu& guest) {
    const Configuration& c = guest.configuration;
    check_capabilities(c);
    // The monitor trap flag must be there for let_it_run(), which turns it on for an instruction.
    const u32 stepping = c.every_exit ? control(ProcBased::monitor_trap_flag) : 0;
    guest.primary_controls = adjusted(primary, wanted_primary(c) | stepping) & ~stepping;
    guest.secondary_controls =
        adjusted(secondary, wanted_secondary(c),
                 control(ProcBased2::enable_RDTSCP) | control(ProcBased2::enable_INVPCID) |
                     (c.every_exit ? newer_watched_secondary_controls : 0));
    write(Field::PIN_BASED_VM_EXECUTION_CONTROLS,
          adjusted(pin, control(PinBased::external_interrupt_exiting)));
    write(Field::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, guest.primary_controls);
    write(Field::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, guest.secondary_controls);
    write(Field::PRIMARY_VM_EXIT_CONTROLS, adjusted(exit, wanted_exit()));
    write(Field::VM_ENTRY_CONTROLS, adjusted(entry, wanted_entry()));

    write(Field::VIRTUAL_PROCESSOR_ID, guest.vpid);
    if (!c.shadow_paging) write64(Field::EPT_POINTER, build_ept(guest.pages->ept, guest.memory));
    if (guest.primary_controls & control(ProcBased::use_TPR_shadow)) {
        write64(Field::VIRTUAL_APIC_ADDRESS, physical_address(guest.pages->virtual_apic));
        write(Field::TPR_THRESHOLD, 0);
    }
    write_bitmaps(guest);
    write(Field::EXCEPTION_BITMAP, exception_bitmap(c));
    write(Field::CR0_GUEST_HOST_MASK, cr0_mask(c));
    write(Field::CR4_GUEST_HOST_MASK, cr4_mask(c));
    write64(Field::VMCS_LINK_POINTER, ~u64{0});
    write64(Field::TSC_OFFSET, 0);
    constexpr Field unused[] = {Field::PAGE_FAULT_ERROR_CODE_MASK,
                                Field::PAGE_FAULT_ERROR_CODE_MATCH,
                                Field::CR3_TARGET_COUNT,
                                Field::VM_EXIT_MSR_STORE_COUNT,
                                Field::VM_EXIT_MSR_LOAD_COUNT,
                                Field::VM_ENTRY_MSR_LOAD_COUNT,
                                Field::VM_ENTRY_INTERRUPTION_INFORMATION};
    for (const Field field : unused) write(field, 0);
}

}  // namespace ringside::vmm
