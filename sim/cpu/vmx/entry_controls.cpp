// VM-entry rules on the controls. SDM 3C "VM-Execution Control Fields", "VM-Exit Control Fields",
// "VM-Entry Control Fields". A failure is VMfailValid 7.
#include "sim/cpu/vmx/entry_rule.hpp"
#include "sim/cpu/vmx/eptp.hpp"
#include "sim/cpu/vmx/tpr_shadow.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::cpu::vmx {
namespace {

using F = isa::VmcsField;
using V = const EntryView&;
using isa::PinBased;
using isa::ProcBased;
using isa::ProcBased2;
namespace cap = isa::vmx_capability;

constexpr u64 page = 4096, list_alignment = 16, list_entry = 16;

bool page_if(bool in_use, V v, F f) { return !in_use || aligned_and_fits(v.get(f), page); }

/// "MSR-store count not 0: list address 16-byte aligned and fits MAXPHYADDR".
template <F count>
bool list_starts_well(V v, F address) {
    return v.get(count) == 0 || aligned_and_fits(v.get(address), list_alignment);
}
template <F count>
bool list_ends_well(V v, F address) {
    return v.get(count) == 0 || fits(v.get(address) + v.get(count) * list_entry - 1);
}

template <bool (*good)(u64)>
bool eptp_if_used(V v, F f) {
    return !v.on(ProcBased2::enable_EPT) || good(v.get(f));
}
bool switches_eptp(V v) {
    return v.on(ProcBased2::enable_VM_functions) &&
           has(v.get(F::VM_FUNCTION_CONTROLS), isa::vm_function::EPTP_switching);
}

/// The exceptions with an error code that this rule knows: #CP came later.
constexpr bool pushes_error_code(u8 vector) {
    return isa::pushes_error_code(vector) && vector != u8(isa::Vector::CP);
}
/// IA32_VMX_BASIC[56] is 0 here: the bit must agree with the vector.
bool must_have_error_code(V v) {
    return v.injects(interruption::hardware_exception) && v.protected_mode() &&
           pushes_error_code(interruption::vector(v.event()));
}
bool has_error_code(V v) { return v.injects() && (v.event() & interruption::error_code_valid); }
bool has_length(V v) {
    return v.injects(interruption::software_interrupt) ||
           v.injects(interruption::privileged_software) ||
           v.injects(interruption::software_exception);
}

constexpr auto& event = fields<F::VM_ENTRY_INTERRUPTION_INFORMATION>;
constexpr auto& ept_pointer = fields<F::EPT_POINTER>;
constexpr auto& primary = fields<F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS>;
constexpr auto& secondary = fields<F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS>;

constexpr CheckedRule rules[] = {
    {rule_named("EC1"), fields<F::PIN_BASED_VM_EXECUTION_CONTROLS>,
     [](V v, F f) { return cap::pin.accepts(u32(v.get(f))); }},
    {rule_named("EC2"), primary, [](V v, F f) { return cap::primary.accepts(u32(v.get(f))); }},
    {rule_named("EC3"), secondary,
     [](V v, F f) {
         return !v.on(ProcBased::activate_secondary_controls) ||
                cap::secondary.accepts(u32(v.get(f)));
     }},
    {rule_named("EC5"), fields<F::CR3_TARGET_COUNT>,
     [](V v, F f) { return v.get(f) <= field(cap::misc, 24, 16); }},
    {rule_named("EC6"), fields<F::IO_BITMAP_A_ADDRESS, F::IO_BITMAP_B_ADDRESS>,
     [](V v, F f) { return page_if(v.on(ProcBased::use_IO_bitmaps), v, f); }},
    {rule_named("EC7"), fields<F::MSR_BITMAP_ADDRESS>,
     [](V v, F f) { return page_if(v.on(ProcBased::use_MSR_bitmaps), v, f); }},
    {rule_named("EC8"), fields<F::VIRTUAL_APIC_ADDRESS>,
     [](V v, F f) { return page_if(v.on(ProcBased::use_TPR_shadow), v, f); }},
    {rule_named("EC9"), fields<F::TPR_THRESHOLD>,
     [](V v, F f) { return !v.on(ProcBased::use_TPR_shadow) || v.get(f) >> 4 == 0; }},
    {rule_named("EC10"), fields<F::TPR_THRESHOLD>,
     [](V v, F f) {
         return !v.on(ProcBased::use_TPR_shadow) ||
                v.get(f) <= virtual_priority_class(v.ram, v.get(F::VIRTUAL_APIC_ADDRESS));
     }},
    {rule_named("EC11"), fields<F::PIN_BASED_VM_EXECUTION_CONTROLS>,
     [](V v, F) { return v.on(PinBased::NMI_exiting) || !v.on(PinBased::virtual_NMIs); }},
    {rule_named("EC12"), primary,
     [](V v, F) { return v.on(PinBased::virtual_NMIs) || !v.on(ProcBased::NMI_window_exiting); }},
    {rule_named("EC22"), fields<F::VIRTUAL_PROCESSOR_ID>,
     [](V v, F f) { return !v.on(ProcBased2::enable_VPID) || v.get(f) != 0; }},
    {rule_named("EC23"), ept_pointer, eptp_if_used<eptp::good_memory_type>},
    {rule_named("EC24"), ept_pointer, eptp_if_used<eptp::good_walk_length>},
    {rule_named("EC26"), ept_pointer, eptp_if_used<eptp::reserved_clear>},
    {rule_named("EC27"), secondary,
     [](V v, F) { return v.on(ProcBased2::enable_EPT) || !v.on(ProcBased2::unrestricted_guest); }},
    {rule_named("EC30"), fields<F::VM_FUNCTION_CONTROLS>,
     [](V v, F f) {
         return !v.on(ProcBased2::enable_VM_functions) || (v.get(f) & ~cap::vm_functions) == 0;
     }},
    {rule_named("EC31"), fields<F::VM_FUNCTION_CONTROLS>,
     [](V v, F) { return !switches_eptp(v) || v.on(ProcBased2::enable_EPT); }},
    {rule_named("EC32"), fields<F::EPTP_LIST_ADDRESS>,
     [](V v, F f) { return page_if(switches_eptp(v), v, f); }},
    {rule_named("EC37"), fields<F::TSC_MULTIPLIER>,
     [](V v, F f) { return !v.on(ProcBased2::use_TSC_scaling) || v.get(f) != 0; }},

    {rule_named("XC1"), fields<F::PRIMARY_VM_EXIT_CONTROLS>,
     [](V v, F f) { return cap::exit.accepts(u32(v.get(f))); }},
    {rule_named("XC3"), fields<F::PRIMARY_VM_EXIT_CONTROLS>,
     [](V v, F) {
         return v.on(PinBased::preemption_timer) || !v.on(isa::ExitControl::save_preemption_timer);
     }},
    {rule_named("XC4"), fields<F::VM_EXIT_MSR_STORE_ADDRESS>,
     list_starts_well<F::VM_EXIT_MSR_STORE_COUNT>},
    {rule_named("XC5"), fields<F::VM_EXIT_MSR_STORE_ADDRESS>,
     list_ends_well<F::VM_EXIT_MSR_STORE_COUNT>},
    {rule_named("XC6"), fields<F::VM_EXIT_MSR_LOAD_ADDRESS>,
     list_starts_well<F::VM_EXIT_MSR_LOAD_COUNT>},
    {rule_named("XC7"), fields<F::VM_EXIT_MSR_LOAD_ADDRESS>,
     list_ends_well<F::VM_EXIT_MSR_LOAD_COUNT>},

    {rule_named("NC1"), fields<F::VM_ENTRY_CONTROLS>,
     [](V v, F f) { return cap::entry.accepts(u32(v.get(f))); }},
    {rule_named("NC2"), event, [](V v, F) { return !v.injects(interruption::reserved); }},
    {rule_named("NC3"), event,
     [](V v, F) { return !v.injects(interruption::nmi) || interruption::vector(v.event()) == 2; }},
    {rule_named("NC4"), event,
     [](V v, F) {
         return !v.injects(interruption::hardware_exception) ||
                interruption::vector(v.event()) <= 31;
     }},
    {rule_named("NC5"), event,
     [](V v, F) {
         return !v.injects(interruption::other) || interruption::vector(v.event()) == 0;
     }},
    {rule_named("NC6"), event,
     [](V v, F) { return !must_have_error_code(v) || has_error_code(v); }},
    {rule_named("NC7"), event,
     [](V v, F) { return !has_error_code(v) || must_have_error_code(v); }},
    {rule_named("NC8"), event,
     [](V v, F) { return !v.injects() || field(v.event(), 30, 12) == 0; }},
    {rule_named("NC9"), fields<F::VM_ENTRY_EXCEPTION_ERROR_CODE>,
     [](V v, F f) { return !has_error_code(v) || v.get(f) >> 16 == 0; }},
    {rule_named("NC10"), fields<F::VM_ENTRY_INSTRUCTION_LENGTH>,
     [](V v, F f) { return !has_length(v) || v.get(f) <= 15; }},
    // IA32_VMX_MISC[30] is 0 here.
    {rule_named("NC11"), fields<F::VM_ENTRY_INSTRUCTION_LENGTH>,
     [](V v, F f) { return !has_length(v) || v.get(f) != 0; }},
    {rule_named("NC12"), fields<F::VM_ENTRY_MSR_LOAD_ADDRESS>,
     list_starts_well<F::VM_ENTRY_MSR_LOAD_COUNT>},
    {rule_named("NC13"), fields<F::VM_ENTRY_MSR_LOAD_ADDRESS>,
     list_ends_well<F::VM_ENTRY_MSR_LOAD_COUNT>},
};
static_assert(has(cap::primary.may, cap::b(ProcBased::monitor_trap_flag)));  // for NC2
static_assert(!has(cap::misc, bit(30)) && !has(cap::basic, bit(56)));

}  // namespace

std::span<const CheckedRule> control_rules() { return rules; }

}  // namespace ringside::cpu::vmx
