// VM-entry rules on the controls. SDM 3C "VM-Execution Control Fields", "VM-Exit Control Fields",
// "VM-Entry Control Fields". A failure is VMfailValid 7.
#include "sim/cpu/vmx/entry_rule.hpp"

namespace ringside::cpu::vmx {
namespace {

using F = isa::VmcsField;
using V = const EntryView&;
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

bool eptp_if_used(V v, F f, bool (*good)(u64)) {
    return !v.on(ProcBased2::enable_EPT) || good(v.get(f));
}

/// SDM 3A "Error Code": the exceptions that push one.
constexpr bool pushes_error_code(u8 vector) {
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17;
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
constexpr auto& eptp = fields<F::EPT_POINTER>;
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
    {rule_named("EC23"), eptp,
     [](V v, F f) {
         return eptp_if_used(v, f, [](u64 p) { return (p & 7) == 6; });
     }},  // write-back only
    {rule_named("EC24"), eptp,
     [](V v, F f) { return eptp_if_used(v, f, [](u64 p) { return field(p, 5, 3) == 3; }); }},
    {rule_named("EC25"), eptp,
     [](V v, F f) { return eptp_if_used(v, f, [](u64 p) { return !has(p, bit(6)); }); }},
    {rule_named("EC26"), eptp,
     [](V v, F f) {
         return eptp_if_used(v, f, [](u64 p) { return field(p, 11, 7) == 0 && fits(p); });
     }},
    {rule_named("EC27"), secondary,
     [](V v, F) { return v.on(ProcBased2::enable_EPT) || !v.on(ProcBased2::unrestricted_guest); }},

    {rule_named("XC1"), fields<F::PRIMARY_VM_EXIT_CONTROLS>,
     [](V v, F f) { return cap::exit.accepts(u32(v.get(f))); }},
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
    // Type 7 needs "monitor trap flag", which cannot be set here.
    {rule_named("NC2"), event,
     [](V v, F) {
         const auto type = interruption::type(v.event());
         return !v.injects() || (type != 1 && type != interruption::other);
     }},
    {rule_named("NC3"), event,
     [](V v, F) { return !v.injects(interruption::nmi) || interruption::vector(v.event()) == 2; }},
    {rule_named("NC4"), event,
     [](V v, F) {
         return !v.injects(interruption::hardware_exception) ||
                interruption::vector(v.event()) <= 31;
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
static_assert(!has(cap::misc, bit(30)) && !has(cap::basic, bit(56)));

}  // namespace

std::span<const CheckedRule> control_rules() { return rules; }

}  // namespace ringside::cpu::vmx
