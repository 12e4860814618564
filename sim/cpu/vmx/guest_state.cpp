#include "sim/cpu/vmx/guest_state.hpp"

#include "sim/cpu/vmx/preemption_timer.hpp"
#include "sim/cpu/vmx/vmx.hpp"
#include "sim/isa/debug_registers.hpp"
#include "sim/isa/ept.hpp"
#include "sim/isa/msrs.hpp"

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

constexpr u64 dr7_fixed = 0x400;

/// SDM 3C "Loading Guest Control Registers, Debug Registers, and MSRs": ET, NW, CD and the reserved
/// bits stay as they are.
u64 loaded_cr0(u64 old, u64 field) {
    using namespace isa::cr0;
    return merge(old, field, PE | MP | EM | TS | NE | WP | AM | PG);
}

/// SDM 3C "Loading Host Segment and Descriptor-Table Registers": fixed rights, flat.
Segment host_segment(u16 selector, bool code) {
    Segment s;
    s.selector = selector;
    if (selector == 0 && !code) {
        s.access = rights::unusable;
    } else {
        s.access = (code ? isa::code_type : isa::data_type) | rights::S | rights::P | rights::DB |
                   rights::G;
        s.limit = 0xffffffff;
    }
    s.derive();
    return s;
}

bool on(const Exec& x, const Vmcs& v, isa::ExitControl c) {
    return has(v.get(x.ram, VmcsField::PRIMARY_VM_EXIT_CONTROLS), bit(u8(c)));
}
bool on(const Exec& x, const Vmcs& v, isa::EntryControl c) {
    return has(v.get(x.ram, VmcsField::VM_ENTRY_CONTROLS), bit(u8(c)));
}

/// Uses the translations of another context from now on. Without a VPID (0) every transition
/// forgets them. SDM 3C "Operations that Invalidate Cached Mappings".
void translate_as(Exec& x, const mem::TlbContext& context) {
    const bool with_vpid = secondary(x.s, isa::ProcBased2::enable_VPID);
    if (!with_vpid) x.s.tlb.flush_vpid(0, false);
    x.s.tlb.set_context(context);
    x.paging_changed();
}

}  // namespace

void save_guest_state(Exec& x, const Vmcs& v) {
    const State& s = x.s;
    if (on(x, v, isa::ExitControl::save_debug_controls)) {
        v.set(x.ram, VmcsField::GUEST_DR7, s.dr[7]);
        v.set(x.ram, VmcsField::GUEST_IA32_DEBUGCTL, 0);
    }
    v.set(x.ram, VmcsField::GUEST_CR0, s.cr0);
    v.set(x.ram, VmcsField::GUEST_CR3, s.cr3);
    v.set(x.ram, VmcsField::GUEST_CR4, s.cr4);
    v.set(x.ram, VmcsField::GUEST_IA32_SYSENTER_CS, s.msr.sysenter_cs);
    v.set(x.ram, VmcsField::GUEST_IA32_SYSENTER_ESP, s.msr.sysenter_esp);
    v.set(x.ram, VmcsField::GUEST_IA32_SYSENTER_EIP, s.msr.sysenter_eip);
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
    v.set(x.ram, VmcsField::GUEST_ACTIVITY_STATE, u64(s.activity));
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
    if (on(x, v, isa::EntryControl::load_debug_controls))
        s.dr[7] = v.get(x.ram, VmcsField::GUEST_DR7) | dr7_fixed;
    s.cr3 = v.get(x.ram, VmcsField::GUEST_CR3);
    s.cr4 = v.get(x.ram, VmcsField::GUEST_CR4);
    // "IA-32e mode guest" is 0. SDM 3C "Loading Guest Control Registers, Debug Registers, and
    // MSRs".
    s.msr.efer &= ~(isa::efer::LMA | (has(s.cr0, isa::cr0::PG) ? isa::efer::LME : 0));
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

void load_host_state(Exec& x, const Vmcs& v) {
    State& s = x.s;
    s.cr0 = loaded_cr0(s.cr0, v.get(x.ram, VmcsField::HOST_CR0));
    s.cr3 = v.get(x.ram, VmcsField::HOST_CR3);
    s.cr4 = v.get(x.ram, VmcsField::HOST_CR4);
    // "Host address-space size" is 0. SDM 3C "Loading Host Control Registers, Debug Registers,
    // MSRs".
    s.msr.efer &= ~(isa::efer::LMA | isa::efer::LME);
    s.msr.sysenter_cs = v.get(x.ram, VmcsField::HOST_IA32_SYSENTER_CS);
    s.msr.sysenter_esp = v.get(x.ram, VmcsField::HOST_IA32_SYSENTER_ESP);
    s.msr.sysenter_eip = v.get(x.ram, VmcsField::HOST_IA32_SYSENTER_EIP);
    constexpr VmcsField selectors[] = {VmcsField::HOST_ES_SELECTOR, VmcsField::HOST_CS_SELECTOR,
                                       VmcsField::HOST_SS_SELECTOR, VmcsField::HOST_DS_SELECTOR,
                                       VmcsField::HOST_FS_SELECTOR, VmcsField::HOST_GS_SELECTOR};
    for (unsigned n = 0; n < decode::segment_count; ++n)
        s.seg[n] = host_segment(u16(v.get(x.ram, selectors[n])), n == decode::CS);
    s.seg[decode::FS].base = v.get(x.ram, VmcsField::HOST_FS_BASE);
    s.seg[decode::GS].base = v.get(x.ram, VmcsField::HOST_GS_BASE);
    s.ldtr = Segment::null(0);
    s.tr = Segment::from(u16(v.get(x.ram, VmcsField::HOST_TR_SELECTOR)),
                         {bit(47) | u64(11) << 40 | 0x67});
    s.tr.base = v.get(x.ram, VmcsField::HOST_TR_BASE);
    s.gdtr = {v.get(x.ram, VmcsField::HOST_GDTR_BASE), 0xffff};
    s.idtr = {v.get(x.ram, VmcsField::HOST_IDTR_BASE), 0xffff};
    s.regs.gpr[SP] = v.get(x.ram, VmcsField::HOST_RSP);
    s.regs.rip = v.get(x.ram, VmcsField::HOST_RIP);
    s.regs.flags = isa::flags::fixed;
    s.dr[7] = dr7_fixed;
    s.activity = Activity::Active;
    s.shadow = Shadow::None;
    if (on(x, v, isa::ExitControl::load_PAT)) s.msr.pat = v.get(x.ram, VmcsField::HOST_IA32_PAT);
    x.set_cpl(0);
    s.derive_segments();
    translate_as(x, {});
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
