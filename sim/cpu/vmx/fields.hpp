// Which VMCS fields this CPU has. A field that belongs to a feature which is not offered does not
// exist: VMREAD and VMWRITE of it fail. SDM 3D "Field Encoding in VMCS".
#pragma once
#include "sim/isa/vmcs_fields.hpp"

namespace ringside::cpu::vmx {

constexpr bool between(isa::VmcsField f, isa::VmcsField first, isa::VmcsField last) {
    return u32(f) >= u32(first) && u32(f) <= u32(last);
}

constexpr bool field_exists(isa::VmcsField field) {
    using F = isa::VmcsField;
    // VPID, posted interrupts, EPTP switching and what came later.
    if (between(field, F::VIRTUAL_PROCESSOR_ID, F::VIRTUAL_TIMER_VECTOR)) return false;
    if (between(field, F::GUEST_INTERRUPT_STATUS, F::GUEST_UINV)) return false;
    if (field == F::PML_ADDRESS) return false;
    // 64-bit controls behind the TSC offset: of them there is the EPT pointer only.
    if (between(field, F::VIRTUAL_APIC_ADDRESS, F::INJECTED_EVENT_DATA))
        return field == F::EPT_POINTER;
    if (between(field, F::MSR_DATA, F::ORIGINAL_EVENT_DATA)) return false;
    // PAT, EFER, performance counters, MPX and later; the PDPTEs come with EPT.
    if (between(field, F::GUEST_IA32_PAT, F::GUEST_IA32_PERF_GLOBAL_CTRL)) return false;
    if (between(field, F::GUEST_IA32_BNDCFGS, F::GUEST_DEADLINE)) return false;
    if (between(field, F::HOST_IA32_PAT, F::HOST_IA32_SPEC_CTRL)) return false;
    if (field == F::TPR_THRESHOLD || field == F::VMX_PREEMPTION_TIMER_VALUE) return false;
    if (between(field, F::PLE_GAP, F::GUEST_KEYID)) return false;
    // IA32_VMX_MISC reports no CR3-target values.
    if (between(field, F::CR3_TARGET_VALUE_0, F::CR3_TARGET_VALUE_3)) return false;
    // Shadow stacks.
    if (between(field, F::GUEST_IA32_S_CET, F::GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR)) return false;
    return !between(field, F::HOST_IA32_S_CET, F::HOST_IA32_INTERRUPT_SSP_TABLE_ADDR);
}
static_assert(field_exists(isa::VmcsField::GUEST_RIP) && field_exists(isa::VmcsField::EPT_POINTER));

/// The slot of a field that VMREAD and VMWRITE may name, or -1. The high half of a 64-bit field has
/// the odd encoding.
constexpr int accessible_slot(u32 encoding) {
    const u32 field = encoding & ~1u;
    const bool high = isa::field_high_half(encoding);
    if (high && isa::field_width(encoding) != isa::FieldWidth::Quad) return -1;
    const int slot = isa::vmcs_slot(field);
    return slot >= 0 && field_exists(isa::VmcsField(field)) ? slot : -1;
}

}  // namespace ringside::cpu::vmx
