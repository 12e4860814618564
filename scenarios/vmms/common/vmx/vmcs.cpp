// The VMCS of a guest: how it starts, where the VMM goes on after an exit.
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/vmx/controls.hpp"
#include "scenarios/vmms/common/vmx/guest_cpu.hpp"
#include "scenarios/vmms/common/vmx/long_mode.hpp"
#include "scenarios/vmms/common/vmx/segment_fields.hpp"
#include "sim/isa/cpuid.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"

/// run_guest.S: where an exit arrives.
extern "C" void vmx_exit_landing();

namespace ringside::vmm {

using namespace vmx;
namespace msr = isa::msr;
namespace cr0 = isa::cr0;

namespace {

alignas(4096) u8 vmxon_region[4096];

template <class... Fields>
void write_all(u32 value, Fields... fields) {
    (write(fields, value), ...);
}

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
    if constexpr (long_mode) write64(Field::HOST_IA32_EFER, cpu::rdmsr(msr::EFER));
}

/// As a Multiboot loader leaves the processor: protected mode, flat segments, no paging.
void write_guest_state(GuestCpu& guest, const LoadedGuest& loaded) {
    using enum SegmentRegister;
    constexpr u32 everything = 0xffffffff, busy_tss = 0x8b;
    const auto flat = [](u8 type) { return isa::segment32(0, everything, isa::access(0, type)); };
    constexpr SegmentRegister data_segments[] = {ES, SS, DS, FS, GS};
    write_segment(CS, 0x08, flat(isa::code_type));
    for (const SegmentRegister r : data_segments) write_segment(r, 0x10, flat(isa::data_type));
    write_segment(LDTR, 0, 0, 0, access_rights::unusable);
    // A guest must have a task register, even before it loads one.
    write_segment(TR, 0, 0, sizeof(isa::Tss32) - 1, busy_tss);

    // Bits that the VMM keeps have a real value, and in the read shadow the one that the guest
    // reads. SDM 3C "Guest/Host Masks and Read Shadows for CR0 and CR4".
    constexpr u32 first_cr0 = u32(cr0::PE | cr0::ET);
    write(Field::GUEST_CR0, first_cr0 | forced_cr0(guest));
    write(Field::CR0_READ_SHADOW, first_cr0);
    write(Field::GUEST_CR4, forced_cr4());
    write(Field::CR4_READ_SHADOW, 0);
    write(Field::GUEST_CR3,
          guest.configuration.shadow_paging ? guest.shadow.directory_address() : 0);
    write_all(0, Field::GUEST_GDTR_BASE, Field::GUEST_GDTR_LIMIT, Field::GUEST_IDTR_BASE,
              Field::GUEST_IDTR_LIMIT, Field::GUEST_RSP, Field::GUEST_ACTIVITY_STATE,
              Field::GUEST_INTERRUPTIBILITY_STATE, Field::GUEST_PENDING_DEBUG_EXCEPTIONS,
              Field::GUEST_IA32_SYSENTER_CS, Field::GUEST_IA32_SYSENTER_ESP,
              Field::GUEST_IA32_SYSENTER_EIP);
    write64(Field::GUEST_IA32_DEBUGCTL, 0);
    if constexpr (long_mode) write64(Field::GUEST_IA32_EFER, 0);
    write(Field::GUEST_DR7, 0x400);
    write(Field::GUEST_RFLAGS, u32(isa::flags::fixed));
    write(Field::GUEST_RIP, loaded.entry);
    guest.registers = {};
    guest.registers.ax = loaded.eax;
    guest.registers.bx = loaded.ebx;
}

void write_revision(u8* region) {
    *reinterpret_cast<u32*>(region) = u32(cpu::rdmsr(msr::VMX_BASIC)) & 0x7fffffff;
}

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
        Natural((cpu::cr0() | cpu::rdmsr(msr::VMX_CR0_FIXED0)) & cpu::rdmsr(msr::VMX_CR0_FIXED1)));
    cpu::set_cr4(
        Natural((cpu::cr4() | cpu::rdmsr(msr::VMX_CR4_FIXED0)) & cpu::rdmsr(msr::VMX_CR4_FIXED1)));
    write_revision(vmxon_region);
    if (!vmxon(physical_address(vmxon_region))) stop("VMXON failed");
}

void set_up(GuestCpu& guest, const LoadedGuest& loaded) {
    u8* const region = guest.pages->vmcs;
    write_revision(region);
    if (!vmclear(physical_address(region)) || !vmptrld(physical_address(region)))
        stop("the VMCS cannot be loaded");
    if (guest.configuration.shadow_paging) guest.shadow.use_pages(guest.pages->shadow, guest.vpid);
    write_controls(guest);
    write_host_state();
    write_guest_state(guest, loaded);
}

void let_port_through(GuestCpu& guest, u16 port) {
    if (guest.configuration.every_exit) return;
    guest.pages->io_bitmaps[port >> 15][(port & 0x7fff) / 8] &= u8(~(1u << (port & 7)));
}

void put_away(GuestCpu& guest) {
    auto& left = guest.left_in_place;
    left.cr2 = cpu::cr2();
    for (unsigned n = 0; n < 4; ++n) left.breakpoint[n] = cpu::debug_register(n);
    left.dr6 = cpu::debug_register(6);
    if constexpr (long_mode) save_long_mode_msrs(guest);
}

void make_current(GuestCpu& guest) {
    if (!vmptrld(physical_address(guest.pages->vmcs))) stop("the VMCS cannot be loaded");
    const auto& left = guest.left_in_place;
    cpu::set_cr2(left.cr2);
    for (unsigned n = 0; n < 4; ++n) cpu::set_debug_register(n, left.breakpoint[n]);
    cpu::set_debug_register(6, left.dr6);
    if constexpr (long_mode) load_long_mode_msrs(guest);
}

}  // namespace ringside::vmm
