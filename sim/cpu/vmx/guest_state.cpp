#include "sim/cpu/vmx/guest_state.hpp"

#include "sim/cpu/vmx/preemption_timer.hpp"
#include "sim/cpu/vmx/transition.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/ept.hpp"
#include "sim/isa/paging.hpp"

namespace ringside::cpu::vmx {

using isa::VmcsField;

namespace {

/// The four fields of one segment register.
struct SegmentFields {
    VmcsField selector, base, limit, access;
};
constexpr SegmentFields fields(VmcsField selector, VmcsField base, VmcsField limit,
                               VmcsField access) {
    return {selector, base, limit, access};
}
/// In the order of decode::Seg.
constexpr SegmentFields segment_fields[] = {
    fields(VmcsField::GUEST_ES_SELECTOR, VmcsField::GUEST_ES_BASE, VmcsField::GUEST_ES_LIMIT,
           VmcsField::GUEST_ES_ACCESS_RIGHTS),
    fields(VmcsField::GUEST_CS_SELECTOR, VmcsField::GUEST_CS_BASE, VmcsField::GUEST_CS_LIMIT,
           VmcsField::GUEST_CS_ACCESS_RIGHTS),
    fields(VmcsField::GUEST_SS_SELECTOR, VmcsField::GUEST_SS_BASE, VmcsField::GUEST_SS_LIMIT,
           VmcsField::GUEST_SS_ACCESS_RIGHTS),
    fields(VmcsField::GUEST_DS_SELECTOR, VmcsField::GUEST_DS_BASE, VmcsField::GUEST_DS_LIMIT,
           VmcsField::GUEST_DS_ACCESS_RIGHTS),
    fields(VmcsField::GUEST_FS_SELECTOR, VmcsField::GUEST_FS_BASE, VmcsField::GUEST_FS_LIMIT,
           VmcsField::GUEST_FS_ACCESS_RIGHTS),
    fields(VmcsField::GUEST_GS_SELECTOR, VmcsField::GUEST_GS_BASE, VmcsField::GUEST_GS_LIMIT,
           VmcsField::GUEST_GS_ACCESS_RIGHTS),
};
constexpr VmcsField pdpte_fields[] = {VmcsField::GUEST_PDPTE0, VmcsField::GUEST_PDPTE1,
                                      VmcsField::GUEST_PDPTE2, VmcsField::GUEST_PDPTE3};
constexpr SegmentFields ldtr_fields =
    fields(VmcsField::GUEST_LDTR_SELECTOR, VmcsField::GUEST_LDTR_BASE, VmcsField::GUEST_LDTR_LIMIT,
           VmcsField::GUEST_LDTR_ACCESS_RIGHTS);
constexpr SegmentFields tr_fields =
    fields(VmcsField::GUEST_TR_SELECTOR, VmcsField::GUEST_TR_BASE, VmcsField::GUEST_TR_LIMIT,
           VmcsField::GUEST_TR_ACCESS_RIGHTS);

void save(Exec& x, const Vmcs& v, const SegmentFields& f, const Segment& s) {
    v.set(x.ram, f.selector, s.selector);
    v.set(x.ram, f.base, s.base);
    v.set(x.ram, f.limit, s.limit);
    v.set(x.ram, f.access, s.access);
}
Segment load(const Exec& x, const Vmcs& v, const SegmentFields& f) {
    Segment s;
    s.selector = u16(v.get(x.ram, f.selector));
    s.base = v.get(x.ram, f.base);
    s.limit = u32(v.get(x.ram, f.limit));
    s.access = u32(v.get(x.ram, f.access));
    s.derive();
    return s;
}

/// IA32_VMX_MISC[5]: an exit notes in the VM-entry controls whether the guest was in IA-32e mode.
void record_long_mode(Exec& x, const Vmcs& v) {
    const u64 in_long_mode = bit(u8(isa::EntryControl::IA32e_mode_guest));
    const u64 controls = v.get(x.ram, VmcsField::VM_ENTRY_CONTROLS);
    v.set(x.ram, VmcsField::VM_ENTRY_CONTROLS,
          merge(controls, x.s.long_mode() ? in_long_mode : 0, in_long_mode));
}

/// SDM 3C "Loading Guest Control Registers, Debug Registers, and MSRs": after CR0.
void load_efer(Exec& x, const Vmcs& v) {
    namespace efer = isa::efer;
    u64& value = x.s.msr.efer;
    const u64 from_control = efer::LMA | (has(x.s.cr0, isa::cr0::PG) ? efer::LME : 0);
    const bool long_guest = on(x, v, isa::EntryControl::IA32e_mode_guest);
    value = merge(value, long_guest ? from_control : 0, from_control);
    if (on(x, v, isa::EntryControl::load_EFER)) value = v.get(x.ram, VmcsField::GUEST_IA32_EFER);
}

/// SDM 3C "Loading Page-Directory-Pointer-Table Entries": from the VMCS with EPT, else from memory.
/// Rules GD1 and GD2 have found them valid.
void load_pdptes(Exec& x, const Vmcs& v) {
    State& s = x.s;
    if (s.paging_mode().kind() != mem::PagingMode::Pae) return;
    const bool ept = secondary(s, isa::ProcBased2::enable_EPT);
    for (unsigned n = 0; n < s.pdpte.size(); ++n)
        s.pdpte[n] = ept ? v.get(x.ram, pdpte_fields[n])
                         : x.read_physical({(s.cr3 & isa::paging::pdpt_base) + 8 * n}, 8);
}

}  // namespace

void save_guest_state(Exec& x, const Vmcs& v) {
    const State& s = x.s;
    if (on(x, v, isa::ExitControl::save_debug_controls)) {
        v.set(x.ram, VmcsField::GUEST_DR7, s.dr[7]);
        v.set(x.ram, VmcsField::GUEST_IA32_DEBUGCTL, s.msr.debugctl);
    }
    if (on(x, v, isa::ExitControl::save_EFER)) v.set(x.ram, VmcsField::GUEST_IA32_EFER, s.msr.efer);
    record_long_mode(x, v);
    v.set(x.ram, VmcsField::GUEST_CR0, s.cr0);
    v.set(x.ram, VmcsField::GUEST_CR3, s.cr3);
    v.set(x.ram, VmcsField::GUEST_CR4, s.cr4);
    v.set(x.ram, VmcsField::GUEST_IA32_SYSENTER_CS, s.msr.sysenter_cs);
    v.set(x.ram, VmcsField::GUEST_IA32_SYSENTER_ESP, s.msr.sysenter_esp);
    v.set(x.ram, VmcsField::GUEST_IA32_SYSENTER_EIP, s.msr.sysenter_eip);
    if (s.paging_mode().kind() == mem::PagingMode::Pae && secondary(s, isa::ProcBased2::enable_EPT))
        for (unsigned n = 0; n < s.pdpte.size(); ++n) v.set(x.ram, pdpte_fields[n], s.pdpte[n]);
    for (unsigned n = 0; n < decode::segment_count; ++n) save(x, v, segment_fields[n], s.seg[n]);
    save(x, v, ldtr_fields, s.ldtr);
    save(x, v, tr_fields, s.tr);
    v.set(x.ram, VmcsField::GUEST_GDTR_BASE, s.gdtr.base);
    v.set(x.ram, VmcsField::GUEST_GDTR_LIMIT, s.gdtr.limit);
    v.set(x.ram, VmcsField::GUEST_IDTR_BASE, s.idtr.base);
    v.set(x.ram, VmcsField::GUEST_IDTR_LIMIT, s.idtr.limit);
    v.set(x.ram, VmcsField::GUEST_RSP, s.regs.gpr[SP]);
    v.set(x.ram, VmcsField::GUEST_RIP, s.regs.rip);
    v.set(x.ram, VmcsField::GUEST_RFLAGS, s.regs.flags);
    // SDM 3C "Guest Non-Register State": a wait in MWAIT is no activity state.
    const bool in_mwait = s.activity == Activity::Halted && s.monitor.waiting;
    v.set(x.ram, VmcsField::GUEST_ACTIVITY_STATE, in_mwait ? 0 : u64(s.activity));
    namespace by = isa::interruptibility;
    const u64 shadow = s.shadow == Shadow::Sti     ? by::STI
                       : s.shadow == Shadow::MovSs ? by::MOV_SS
                                                   : 0;
    v.set(x.ram, VmcsField::GUEST_INTERRUPTIBILITY_STATE,
          shadow | (nmi_blocking(x.s) ? by::NMI : 0));
    if (pin(s, isa::PinBased::preemption_timer) &&
        on(x, v, isa::ExitControl::save_preemption_timer))
        v.set(x.ram, VmcsField::VMX_PREEMPTION_TIMER_VALUE, preemption_timer_left(s, x.now));
    if (on(x, v, isa::ExitControl::save_PAT)) v.set(x.ram, VmcsField::GUEST_IA32_PAT, s.msr.pat);
    constexpr u64 enabled_breakpoint = bit(12);  // SDM 3C "Guest Non-Register State"
    v.set(x.ram, VmcsField::GUEST_PENDING_DEBUG_EXCEPTIONS,
          s.pending_debug | (s.pending_debug & isa::debug::B ? enabled_breakpoint : 0));
    x.s.pending_debug = 0;  // they are the guest's
}

void load_guest_state(Exec& x, const Vmcs& v) {
    State& s = x.s;
    s.cr0 = loaded_cr0(s.cr0, v.get(x.ram, VmcsField::GUEST_CR0));
    if (on(x, v, isa::EntryControl::load_debug_controls)) {
        s.dr[7] =
            (v.get(x.ram, VmcsField::GUEST_DR7) & isa::debug::dr7_writable) | isa::debug::dr7_fixed;
        s.msr.debugctl = v.get(x.ram, VmcsField::GUEST_IA32_DEBUGCTL);
    }
    s.cr3 = v.get(x.ram, VmcsField::GUEST_CR3);
    s.cr4 = v.get(x.ram, VmcsField::GUEST_CR4);
    load_efer(x, v);
    load_pdptes(x, v);
    s.msr.sysenter_cs = v.get(x.ram, VmcsField::GUEST_IA32_SYSENTER_CS);
    s.msr.sysenter_esp = v.get(x.ram, VmcsField::GUEST_IA32_SYSENTER_ESP);
    s.msr.sysenter_eip = v.get(x.ram, VmcsField::GUEST_IA32_SYSENTER_EIP);
    for (unsigned n = 0; n < decode::segment_count; ++n) s.seg[n] = load(x, v, segment_fields[n]);
    s.ldtr = load(x, v, ldtr_fields);
    s.tr = load(x, v, tr_fields);
    s.gdtr = {v.get(x.ram, VmcsField::GUEST_GDTR_BASE),
              u16(v.get(x.ram, VmcsField::GUEST_GDTR_LIMIT))};
    s.idtr = {v.get(x.ram, VmcsField::GUEST_IDTR_BASE),
              u16(v.get(x.ram, VmcsField::GUEST_IDTR_LIMIT))};
    s.regs.gpr[SP] = v.get(x.ram, VmcsField::GUEST_RSP);
    s.regs.rip = v.get(x.ram, VmcsField::GUEST_RIP);
    s.regs.flags = v.get(x.ram, VmcsField::GUEST_RFLAGS);
    if (on(x, v, isa::EntryControl::load_PAT)) s.msr.pat = v.get(x.ram, VmcsField::GUEST_IA32_PAT);
    s.activity = Activity(v.get(x.ram, VmcsField::GUEST_ACTIVITY_STATE));
    s.monitor = {};  // SDM 3C "Clearing Address-Range Monitoring"
    namespace by = isa::interruptibility;
    const u64 interruptibility = v.get(x.ram, VmcsField::GUEST_INTERRUPTIBILITY_STATE);
    s.shadow = has(interruptibility, by::STI)      ? Shadow::Sti
               : has(interruptibility, by::MOV_SS) ? Shadow::MovSs
                                                   : Shadow::None;
    s.pending_debug =
        v.get(x.ram, VmcsField::GUEST_PENDING_DEBUG_EXCEPTIONS) & (isa::debug::B | isa::debug::BS);
    s.nmi_blocked = false;  // with virtual NMIs they are not blocked after an entry
    nmi_blocking(s) = has(interruptibility, by::NMI);
    if (pin(s, isa::PinBased::preemption_timer))
        s.vmx.preemption_value = v.get(x.ram, VmcsField::VMX_PREEMPTION_TIMER_VALUE);
    // The CPL is SS.DPL. SDM 3C "Loading Guest Segment Registers and Descriptor-Table Registers".
    x.set_cpl(s.seg[decode::SS].dpl());
    s.derive_segments();
    translate_as(x, {s.vmx.vpid, isa::ept::root(s.vmx.eptp)});
}

void load_controls(Exec& x, const Vmcs& v) {
    VmxState& c = x.s.vmx;
    c.pin = u32(v.get(x.ram, VmcsField::PIN_BASED_VM_EXECUTION_CONTROLS));
    c.primary = u32(v.get(x.ram, VmcsField::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS));
    const bool use_secondary = has(c.primary, bit(u8(isa::ProcBased::activate_secondary_controls)));
    c.secondary =
        use_secondary
            ? u32(v.get(x.ram, VmcsField::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS))
            : 0;
    c.exception_bitmap = u32(v.get(x.ram, VmcsField::EXCEPTION_BITMAP));
    c.eptp = has(c.secondary, bit(u8(isa::ProcBased2::enable_EPT)))
                 ? v.get(x.ram, VmcsField::EPT_POINTER)
                 : 0;
    c.cr0_mask = v.get(x.ram, VmcsField::CR0_GUEST_HOST_MASK);
    c.cr4_mask = v.get(x.ram, VmcsField::CR4_GUEST_HOST_MASK);
    c.cr0_shadow = v.get(x.ram, VmcsField::CR0_READ_SHADOW);
    c.cr4_shadow = v.get(x.ram, VmcsField::CR4_READ_SHADOW);
    c.vpid = has(c.secondary, bit(u8(isa::ProcBased2::enable_VPID)))
                 ? u16(v.get(x.ram, VmcsField::VIRTUAL_PROCESSOR_ID))
                 : 0;
    c.vm_functions = has(c.secondary, bit(u8(isa::ProcBased2::enable_VM_functions)))
                         ? v.get(x.ram, VmcsField::VM_FUNCTION_CONTROLS)
                         : 0;
    c.tsc_multiplier = v.get(x.ram, VmcsField::TSC_MULTIPLIER);
    c.tsc_offset = v.get(x.ram, VmcsField::TSC_OFFSET);
    c.idt_vectoring_info = c.idt_vectoring_error = 0;
}

}  // namespace ringside::cpu::vmx
