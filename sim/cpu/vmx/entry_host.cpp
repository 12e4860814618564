// VM-entry rules on the host state. SDM 3C "Checks on Host Control Registers, MSRs, and SSP",
// "Checks on Host Segment and Descriptor-Table Registers". A failure is VMfailValid 8.
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
    // No exit goes to a host in IA-32e mode: VM_EXIT_CONTROLS cannot ask for it.
    {rule_named("HA4"), fields<F::HOST_CR4>,
     [](V v, F f) { return !has(v.get(f), isa::cr4::PCIDE); }},
    {rule_named("HS1"),
     fields<F::HOST_CS_SELECTOR, F::HOST_SS_SELECTOR, F::HOST_DS_SELECTOR, F::HOST_ES_SELECTOR,
            F::HOST_FS_SELECTOR, F::HOST_GS_SELECTOR, F::HOST_TR_SELECTOR>,
     [](V v, F f) { return (v.get(f) & 7) == 0; }},
    {rule_named("HS2"), fields<F::HOST_CS_SELECTOR>, not_null},
    {rule_named("HS3"), fields<F::HOST_TR_SELECTOR>, not_null},
    {rule_named("HS4"), fields<F::HOST_SS_SELECTOR>, not_null},
};

}  // namespace

std::span<const CheckedRule> host_rules() { return rules; }

}  // namespace ringside::cpu::vmx
