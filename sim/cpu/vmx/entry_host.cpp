// VM-entry rules on the host state. SDM 3C "Checks on Host Control Registers, MSRs, and SSP",
// "Checks on Host Segment and Descriptor-Table Registers", "Checks Related to Address-Space Size".
// A failure is VMfailValid 8. HA3 needs no row: HA1 and HA2 leave it nothing to refuse.
#include "sim/cpu/vmx/entry_rule.hpp"

namespace ringside::cpu::vmx {
namespace {

using F = isa::VmcsField;
using V = const EntryView&;
namespace cap = isa::vmx_capability;

bool not_null(V v, F f) { return v.get(f) != 0; }

constexpr CheckedRule rules[] = {
    {rule_named("HC1"), fields<F::HOST_CR0>,
     [](V v, F f) {
         return (cap::cr0_fixed0 & ~v.get(f)) == 0 && (v.get(f) & ~cap::cr0_fixed1) == 0;
     }},
    {rule_named("HC2"), fields<F::HOST_CR4>,
     [](V v, F f) {
         return (cap::cr4_fixed0 & ~v.get(f)) == 0 && (v.get(f) & ~cap::cr4_fixed1) == 0;
     }},
    {rule_named("HC7"), fields<F::HOST_IA32_PAT>,
     [](V v, F f) { return !v.on(isa::ExitControl::load_PAT) || isa::pat::valid(v.get(f)); }},
    {rule_named("HC4"), fields<F::HOST_CR3>, [](V v, F f) { return fits(v.get(f)); }},
    {rule_named("HC5"), fields<F::HOST_IA32_SYSENTER_ESP, F::HOST_IA32_SYSENTER_EIP>, canonical},
    {rule_named("HC8"), fields<F::HOST_IA32_EFER>,
     [](V v, F f) { return !v.on(isa::ExitControl::load_EFER) || efer_reserved_clear(v.get(f)); }},
    {rule_named("HC9"), fields<F::HOST_IA32_EFER>,
     [](V v, F f) {
         const u64 wanted = v.long_host() ? isa::efer::LMA | isa::efer::LME : 0;
         return !v.on(isa::ExitControl::load_EFER) ||
                (v.get(f) & (isa::efer::LMA | isa::efer::LME)) == wanted;
     }},
    {rule_named("HS1"),
     fields<F::HOST_CS_SELECTOR, F::HOST_SS_SELECTOR, F::HOST_DS_SELECTOR, F::HOST_ES_SELECTOR,
            F::HOST_FS_SELECTOR, F::HOST_GS_SELECTOR, F::HOST_TR_SELECTOR>,
     [](V v, F f) { return (v.get(f) & 7) == 0; }},
    {rule_named("HS2"), fields<F::HOST_CS_SELECTOR>, not_null},
    {rule_named("HS3"), fields<F::HOST_TR_SELECTOR>, not_null},
    {rule_named("HS4"), fields<F::HOST_SS_SELECTOR>,
     [](V v, F f) { return v.long_host() || not_null(v, f); }},
    {rule_named("HS5"),
     fields<F::HOST_FS_BASE, F::HOST_GS_BASE, F::HOST_GDTR_BASE, F::HOST_IDTR_BASE,
            F::HOST_TR_BASE>,
     canonical},
    {rule_named("HA1"), fields<F::VM_ENTRY_CONTROLS, F::PRIMARY_VM_EXIT_CONTROLS>,
     [](V v, F f) {
         return v.long_mode || !(f == F::VM_ENTRY_CONTROLS ? v.long_guest() : v.long_host());
     }},
    {rule_named("HA2"), fields<F::PRIMARY_VM_EXIT_CONTROLS>,
     [](V v, F) { return !v.long_mode || v.long_host(); }},
    {rule_named("HA4"), fields<F::HOST_CR4>,
     [](V v, F f) { return v.long_host() || !has(v.get(f), isa::cr4::PCIDE); }},
    {rule_named("HA5"), fields<F::HOST_RIP>,
     [](V v, F f) { return v.long_host() || v.get(f) >> 32 == 0; }},
    {rule_named("HA7"), fields<F::HOST_CR4>,
     [](V v, F f) { return !v.long_host() || has(v.get(f), isa::cr4::PAE); }},
    {rule_named("HA8"), fields<F::HOST_RIP>,
     [](V v, F f) { return !v.long_host() || canonical(v, f); }},
};

}  // namespace

std::span<const CheckedRule> host_rules() { return rules; }

}  // namespace ringside::cpu::vmx
