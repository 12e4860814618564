#include "scenarios/vmms/common/vmx/long_mode.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/vmx/controls.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::vmm {

using namespace vmx;
using isa::Vector;
using isa::paging::canonical;
namespace msr = isa::msr;
namespace efer = isa::efer;

namespace {

/// The VMM has no use for these itself, so the guest's are the real ones.
constexpr u32 in_place[] = {msr::STAR, msr::LSTAR, msr::CSTAR, msr::FMASK, msr::KERNEL_GS_BASE};
static_assert(sizeof in_place / sizeof in_place[0] == long_mode_msrs);

bool stays_in_place(u32 index) {
    for (const u32 one : in_place)
        if (one == index) return true;
    return false;
}

/// In the VMCS.
bool vmcs_field(u32 index, Field& field) {
    switch (index) {
        case msr::EFER: field = Field::GUEST_IA32_EFER; return true;
        case msr::FS_BASE: field = Field::GUEST_FS_BASE; return true;
        case msr::GS_BASE: field = Field::GUEST_GS_BASE; return true;
        default: return false;
    }
}

/// What WRMSR would refuse, and so must not be tried in the guest's place. SDM 4 by register.
bool acceptable(u32 index, u64 value) {
    constexpr u64 efer_bits = efer::SCE | efer::LME | efer::LMA | efer::NXE;
    switch (index) {
        case msr::STAR: return true;
        case msr::FMASK: return value >> 32 == 0;
        case msr::EFER: {
            const bool lme_changes = (value ^ read64(Field::GUEST_IA32_EFER)) & efer::LME;
            return !(value & ~efer_bits) && !(lme_changes && (guest_cr0() & isa::cr0::PG));
        }
        default: return canonical(value);
    }
}

}  // namespace

Fault follow_paging(Natural cr0) {
    const u64 now = read64(Field::GUEST_IA32_EFER);
    if (!(now & efer::LME)) return {};
    const bool on = cr0 & isa::cr0::PG;
    const bool code64 = read(Field::GUEST_CS_ACCESS_RIGHTS) & access_rights::code64;
    // In both directions the way leads through compatibility mode.
    if (code64 || (on ? !(guest_cr4() & isa::cr4::PAE) : guest_cr4() & isa::cr4::PCIDE))
        return fault(Vector::GP);
    write64(Field::GUEST_IA32_EFER, merge(now, on ? efer::LMA : 0, efer::LMA));
    constexpr u64 ia32e_guest = control(isa::EntryControl::IA32e_mode_guest);
    const u64 controls = read(Field::VM_ENTRY_CONTROLS);
    write(Field::VM_ENTRY_CONTROLS, merge(controls, on ? ia32e_guest : 0, ia32e_guest));
    return {};
}

namespace {

constexpr u32 virtual_tpr = 0x80;  // in the page: SDM 3C "Virtual-APIC Page"

bool has_tpr_shadow(const GuestCpu& guest) {
    return guest.primary_controls & control(isa::ProcBased::use_TPR_shadow);
}

}  // namespace

void lend_task_priority(GuestCpu& guest) {
    if (!has_tpr_shadow(guest)) return;
    guest.pages->virtual_apic[virtual_tpr] = guest.apic.task_priority();
    const u8 threshold = guest.apic.held_back_class();
    if (threshold != guest.tpr_threshold) write(Field::TPR_THRESHOLD, threshold);
    guest.tpr_threshold = threshold;
}
void take_task_priority_back(GuestCpu& guest) {
    if (has_tpr_shadow(guest)) guest.apic.set_task_priority(guest.pages->virtual_apic[virtual_tpr]);
}

void let_long_mode_msrs_through(GuestCpu& guest) {
    for (const u32 index : in_place) let_msr_through(guest, index, true);
    // Under shadow paging the real CR0.PG is always 1, with which LME cannot change.
    let_msr_through(guest, msr::EFER, !guest.configuration.shadow_paging);
    let_msr_through(guest, msr::FS_BASE, true);
    let_msr_through(guest, msr::GS_BASE, true);
}

bool read_long_mode_msr(u32 index, u64& value) {
    Field field;
    if (vmcs_field(index, field)) return value = read64(field), true;
    if (stays_in_place(index)) return value = cpu::rdmsr(index), true;
    return false;
}

bool write_long_mode_msr(GuestCpu& guest, u32 index, u64 value) {
    Field field;
    const bool in_vmcs = vmcs_field(index, field);
    if ((!in_vmcs && !stays_in_place(index)) || !acceptable(index, value)) return false;
    if (index == msr::EFER && (value & efer::LME) && guest.configuration.shadow_paging)
        return give_up(guest, "not modelled: IA-32e mode under shadow paging,"), true;
    // LMA is read-only.
    if (index == msr::EFER) value = merge(value, read64(field), efer::LMA);
    if (in_vmcs)
        write64(field, value);
    else
        cpu::wrmsr(index, value);
    return true;
}

void save_long_mode_msrs(GuestCpu& guest) {
    for (unsigned n = 0; n < long_mode_msrs; ++n)
        guest.left_in_place.system_call_msrs[n] = cpu::rdmsr(in_place[n]);
}
void load_long_mode_msrs(const GuestCpu& guest) {
    for (unsigned n = 0; n < long_mode_msrs; ++n)
        cpu::wrmsr(in_place[n], guest.left_in_place.system_call_msrs[n]);
}

}  // namespace ringside::vmm
