// Which VMCS fields this CPU has. A field that belongs to a feature which is not offered does not
// exist: VMREAD and VMWRITE of it fail. SDM 3D "Field Encoding in VMCS".
#pragma once
#include "sim/isa/msrs.hpp"
#include "sim/isa/vmcs_fields.hpp"

namespace ringside::cpu::vmx {

constexpr bool between(isa::VmcsField f, isa::VmcsField first, isa::VmcsField last) {
    return u32(f) >= u32(first) && u32(f) <= u32(last);
}

constexpr bool field_exists(isa::VmcsField field) {
    using F = isa::VmcsField;
    // Posted interrupts, #VE's index and what came later.
    if (between(field, F::POSTED_INTERRUPT_NOTIFICATION_VECTOR, F::VIRTUAL_TIMER_VECTOR))
        return false;
    if (between(field, F::GUEST_INTERRUPT_STATUS, F::GUEST_UINV)) return false;
    if (field == F::PML_ADDRESS) return false;
    // 64-bit controls behind the virtual-APIC address: APIC virtualization, VMCS shadowing and so
    // on.
    if (between(field, F::APIC_ACCESS_ADDRESS, F::INJECTED_EVENT_DATA))
        return field == F::VM_FUNCTION_CONTROLS || field == F::EPT_POINTER ||
               field == F::EPTP_LIST_ADDRESS || field == F::TSC_MULTIPLIER;
    if (between(field, F::MSR_DATA, F::ORIGINAL_EVENT_DATA)) return false;
    // Performance counters, MPX and later.
    if (field == F::GUEST_IA32_PERF_GLOBAL_CTRL) return false;
    if (between(field, F::GUEST_IA32_BNDCFGS, F::GUEST_DEADLINE)) return false;
    if (between(field, F::HOST_IA32_PERF_GLOBAL_CTRL, F::HOST_IA32_SPEC_CTRL)) return false;
    if (between(field, F::INSTRUCTION_TIMEOUT_CONTROL, F::GUEST_KEYID)) return false;
    // Shadow stacks.
    if (between(field, F::GUEST_IA32_S_CET, F::GUEST_IA32_INTERRUPT_SSP_TABLE_ADDR)) return false;
    return !between(field, F::HOST_IA32_S_CET, F::HOST_IA32_INTERRUPT_SSP_TABLE_ADDR);
}
static_assert(field_exists(isa::VmcsField::GUEST_RIP) && field_exists(isa::VmcsField::EPT_POINTER));

/// IA32_VMX_VMCS_ENUM: the highest index of a field that exists.
constexpr u64 highest_index() {
    u64 highest = 0;
    for (const auto& f : isa::vmcs_fields)
        if (const u64 index = field(f.encoding, 9, 1);
            field_exists(isa::VmcsField(f.encoding)) && index > highest)
            highest = index;
    return highest;
}
static_assert(highest_index() << 1 == isa::vmx_capability::vmcs_enum);

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
