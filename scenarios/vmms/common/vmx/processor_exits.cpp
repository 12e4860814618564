#include "scenarios/vmms/common/vmx/processor_exits.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/vmx/control_registers.hpp"
#include "scenarios/vmms/common/vmx/events.hpp"
#include "scenarios/vmms/common/vmx/long_mode.hpp"
#include "scenarios/vmms/common/vmx/memory_access.hpp"
#include "scenarios/vmms/common/vmx/task_switch.hpp"
#include "sim/isa/cpuid.hpp"
#include "sim/isa/msrs.hpp"

namespace ringside::vmm {
namespace {

using isa::ExitReason;
using isa::Vector;
using namespace vmx;
namespace msr = isa::msr;

/// The guest stores into one of its page tables: the VMM does it, if it can, and so learns of it.
void on_table_write(GuestCpu& guest, u32 physical) {
    PROBE("shadow.traced", physical);
    if (!emulate_access(guest)) guest.shadow.open_table(physical);
}

/// The guest reaches beyond its memory: to its local APIC, which is the VMM's, or to nothing.
void on_device_access(GuestCpu& guest, u32 physical) {
    PROBE("apic.access", physical);
    if (!guest.apic.claims(physical))
        give_up(guest, "the guest reaches for physical address ", Hex{physical},
                ", beyond its memory,");
    else if (!emulate_access(guest))
        give_up(guest,
                "not modelled: an instruction that reaches the local APIC, and is not MOV, "
                "PUSH or simple arithmetic,");
}

/// Under shadow paging a #PF may only mean that the shadow is behind.
void on_exception(GuestCpu& guest) {
    const u8 vector = u8(read(Field::VM_EXIT_INTERRUPTION_INFORMATION));
    if (vector != u8(Vector::PF) || !guest.configuration.shadow_paging)
        return pass_on_exception(guest);

    const u32 linear = u32(read(Field::EXIT_QUALIFICATION)),
              error_code = u32(read(Field::VM_EXIT_INTERRUPTION_ERROR_CODE));
    PROBE("vtx.page_fault", linear, error_code);
    // Not the paging tables forbid it, but SMEP or SMAP.
    if (guest.shadow.allows(linear, error_code)) return pass_on_exception(guest);
    const PageFaultOutcome outcome =
        guest.shadow.on_page_fault(guest.memory, paging_registers(guest), linear, error_code);
    if (outcome.kind == PageFaultOutcome::Kind::GuestFault) raise(guest, outcome.fault);
    if (outcome.kind == PageFaultOutcome::Kind::TableWrite) on_table_write(guest, outcome.physical);
    if (outcome.kind == PageFaultOutcome::Kind::Device) on_device_access(guest, outcome.physical);
}

/// The guest can take an interrupt now: the VMM gives it the one that waits before it goes on.
void on_interrupt_window(GuestCpu&) {}
/// And now its task priority lets one in that it held back.
void on_task_priority_fell(GuestCpu&) {}

/// The guest sees the real processor, but not VMX: this VMM offers no nesting. Nor IA-32e mode,
/// where the VMM has none itself.
void on_cpuid(GuestCpu& guest) {
    GeneralRegisters& r = guest.registers;
    const u32 leaf = u32(r.ax);
    u32 eax, ebx, ecx, edx;
    cpu::cpuid(leaf, u32(r.cx), eax, ebx, ecx, edx);
    if (leaf == 1) ecx &= ~isa::cpuid::ecx_VMX;
    if (leaf == 1 && !guest.apic.enabled_globally()) edx &= ~isa::cpuid::edx_APIC;
    if (leaf == isa::cpuid::extended_features && !long_mode) edx &= ~isa::cpuid::extended_edx_LM;
    r.ax = eax, r.bx = ebx, r.cx = ecx, r.dx = edx;
    skip_instruction();
}

/// The MSRs that the guest has, besides the time-stamp counter, are fields of its VMCS; those of
/// IA-32e mode are elsewhere.
bool msr_field(u32 index, Field& field) {
    switch (index) {
        case msr::SYSENTER_CS: field = Field::GUEST_IA32_SYSENTER_CS; return true;
        case msr::SYSENTER_ESP: field = Field::GUEST_IA32_SYSENTER_ESP; return true;
        case msr::SYSENTER_EIP: field = Field::GUEST_IA32_SYSENTER_EIP; return true;
        case msr::DEBUGCTL: field = Field::GUEST_IA32_DEBUGCTL; return true;
        default: return false;
    }
}
bool read_msr(const GuestCpu& guest, u32 index, u64& value) {
    Field field;
    if (index == msr::APIC_BASE) return value = guest.apic.base(), true;
    if (msr_field(index, field)) return value = read(field), true;
    if (index == msr::TIME_STAMP_COUNTER)
        return value = cpu::rdtsc() + read64(Field::TSC_OFFSET), true;
    if constexpr (long_mode) return read_long_mode_msr(index, value);
    return false;
}
bool write_msr(GuestCpu& guest, u32 index, u64 value) {
    Field field;
    if (index == msr::APIC_BASE) {
        if (!guest.apic.set_base(value)) return false;
        if (guest.apic.not_modelled()) give_up(guest, "not modelled: ", guest.apic.not_modelled());
        return true;
    }
    if (index == msr::TIME_STAMP_COUNTER)
        return write64(Field::TSC_OFFSET, value - cpu::rdtsc()), true;
    if (msr_field(index, field)) {
        if (index == msr::DEBUGCTL && (value & isa::debugctl::reserved)) return false;
        if (long_mode && !isa::paging::canonical(value)) return false;
        return write(field, Natural(value)), true;
    }
    if constexpr (long_mode) return write_long_mode_msr(guest, index, value);
    return false;
}
void on_rdmsr(GuestCpu& guest) {
    GeneralRegisters& r = guest.registers;
    u64 value = 0;
    if (!read_msr(guest, u32(r.cx), value)) return raise(guest, fault(Vector::GP));
    r.ax = u32(value);
    r.dx = u32(value >> 32);
    skip_instruction();
}
void on_wrmsr(GuestCpu& guest) {
    const GeneralRegisters& r = guest.registers;
    if (!write_msr(guest, u32(r.cx), u64(r.dx) << 32 | u32(r.ax)))
        return raise(guest, fault(Vector::GP));
    skip_instruction();
}

/// INVD would throw away what the caches hold, the VMM's data too: the guest gets a harmless one.
/// WBINVD and MONITOR say nothing that a guest could feel, and MWAIT may end at once.
void on_harmless_instruction(GuestCpu&) { skip_instruction(); }

/// Only exits=all asks for these: the guest's own processor does them as well as anybody.
void on_watched_instruction(GuestCpu& guest) { let_it_run(guest); }
void on_instruction_done(GuestCpu& guest) { instruction_has_run(guest); }

/// INVPCID leaves the guest where INVLPG does.
void on_invpcid(GuestCpu& guest) {
    forget_translations(guest);
    let_it_run(guest);
}

/// VMX instructions do not exist for the guest.
void on_vmx_instruction(GuestCpu& guest) { raise(guest, fault(Vector::UD)); }

void on_triple_fault(GuestCpu& guest) { give_up(guest, "the guest shut down: a triple fault"); }
void on_ept_violation(GuestCpu& guest) {
    on_device_access(guest, read(Field::GUEST_PHYSICAL_ADDRESS));
}

struct Handler {
    ExitReason reason;
    void (*handle)(GuestCpu&);
};
constexpr Handler handlers[] = {
    {ExitReason::EXCEPTION_OR_NMI, on_exception},
    {ExitReason::TRIPLE_FAULT, on_triple_fault},
    {ExitReason::INTERRUPT_WINDOW, on_interrupt_window},
    {ExitReason::TPR_BELOW_THRESHOLD, on_task_priority_fell},
    {ExitReason::TASK_SWITCH, on_task_switch},
    {ExitReason::CPUID, on_cpuid},
    {ExitReason::INVD, on_harmless_instruction},
    {ExitReason::INVLPG, on_invlpg},
    {ExitReason::RDPMC, on_watched_instruction},
    {ExitReason::RDTSC, on_watched_instruction},
    {ExitReason::RDTSCP, on_watched_instruction},
    {ExitReason::VMCALL, on_vmx_instruction},
    {ExitReason::VMCLEAR, on_vmx_instruction},
    {ExitReason::VMLAUNCH, on_vmx_instruction},
    {ExitReason::VMPTRLD, on_vmx_instruction},
    {ExitReason::VMPTRST, on_vmx_instruction},
    {ExitReason::VMREAD, on_vmx_instruction},
    {ExitReason::VMRESUME, on_vmx_instruction},
    {ExitReason::VMWRITE, on_vmx_instruction},
    {ExitReason::VMXOFF, on_vmx_instruction},
    {ExitReason::VMXON, on_vmx_instruction},
    {ExitReason::INVEPT, on_vmx_instruction},
    {ExitReason::INVVPID, on_vmx_instruction},
    {ExitReason::CONTROL_REGISTER_ACCESS, on_control_register},
    {ExitReason::MOV_DR, on_watched_instruction},
    {ExitReason::RDMSR, on_rdmsr},
    {ExitReason::WRMSR, on_wrmsr},
    {ExitReason::MWAIT, on_harmless_instruction},
    {ExitReason::MONITOR_TRAP_FLAG, on_instruction_done},
    {ExitReason::MONITOR, on_harmless_instruction},
    {ExitReason::ACCESS_TO_GDTR_OR_IDTR, on_watched_instruction},
    {ExitReason::ACCESS_TO_LDTR_OR_TR, on_watched_instruction},
    {ExitReason::EPT_VIOLATION, on_ept_violation},
    {ExitReason::WBINVD, on_harmless_instruction},
    {ExitReason::RDRAND, on_watched_instruction},
    {ExitReason::RDSEED, on_watched_instruction},
    {ExitReason::INVPCID, on_invpcid},
};

}  // namespace

bool handle_processor_exit(GuestCpu& guest, ExitReason reason) {
    for (const Handler& h : handlers)
        if (h.reason == reason) return h.handle(guest), true;
    return false;
}

void stop_at_unexpected_exit(ExitReason reason) {
    stop("unexpected VM exit: ", isa::exit_reason_name(u32(reason)), " (", u32(reason),
         "), qualification ", Hex{read(Field::EXIT_QUALIFICATION)}, ", at ",
         Hex{read(Field::GUEST_RIP)});
}

}  // namespace ringside::vmm
