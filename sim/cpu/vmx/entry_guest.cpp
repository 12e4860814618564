// VM-entry rules on the rest of the guest state. SDM 3C "Checks on Guest Control Registers, Debug
// Registers, and MSRs", "… Descriptor-Table Registers", "… RIP, RFLAGS, and SSP", "… Non-Register
// State". A failure is a VM exit with reason 33.
#include "sim/cpu/vmx/entry_rule.hpp"
#include "sim/isa/vectors.hpp"

namespace ringside::cpu::vmx {
namespace {

using F = isa::VmcsField;
using V = const EntryView&;
namespace cap = isa::vmx_capability;
namespace cr0 = isa::cr0;
namespace fl = isa::flags;

bool cr0_as_vmx_wants(V v, F f) {
    const u64 exempt = v.unrestricted() ? cr0::PE | cr0::PG : 0;
    const u64 value = v.get(f);
    return (cap::cr0_fixed0 & ~exempt & ~value) == 0 && (value & ~cap::cr0_fixed1) == 0;
}
bool cr4_as_vmx_wants(V v, F f) {
    return (cap::cr4_fixed0 & ~v.get(f)) == 0 && (v.get(f) & ~cap::cr4_fixed1) == 0;
}

constexpr CheckedRule register_rules[] = {
    {rule_named("GC1"), fields<F::GUEST_CR0>, cr0_as_vmx_wants},
    {rule_named("GC2"), fields<F::GUEST_CR0>,
     [](V v, F f) { return !has(v.get(f), cr0::PG) || has(v.get(f), cr0::PE); }},
    {rule_named("GC3"), fields<F::GUEST_CR4>, cr4_as_vmx_wants},
    // No guest starts in IA-32e mode: VM_ENTRY_CONTROLS cannot ask for it.
    {rule_named("GC7"), fields<F::GUEST_CR4>,
     [](V v, F f) { return !has(v.get(f), isa::cr4::PCIDE); }},
    // No feature of IA32_DEBUGCTL is part of this CPU: every bit is reserved.
    {rule_named("GC5"), fields<F::GUEST_IA32_DEBUGCTL>,
     [](V v, F f) { return !v.on(isa::EntryControl::load_debug_controls) || v.get(f) == 0; }},
    {rule_named("GC13"), fields<F::GUEST_IA32_PAT>,
     [](V v, F f) { return !v.on(isa::EntryControl::load_PAT) || isa::pat::valid(v.get(f)); }},
};

constexpr auto& event = fields<F::VM_ENTRY_INTERRUPTION_INFORMATION>;
constexpr auto& interruptibility = fields<F::GUEST_INTERRUPTIBILITY_STATE>;
constexpr auto& pending_debug = fields<F::GUEST_PENDING_DEBUG_EXCEPTIONS>;
constexpr auto& link = fields<F::VMCS_LINK_POINTER>;

using Activity = isa::ActivityState;
constexpr u64 pending_BS = bit(14), pending_enabled = bit(12), pending_RTM = bit(16);

/// Events that may be injected into a guest in HLT, and into one that has shut down.
bool wakes_from_hlt(V v) {
    const u8 vector = interruption::vector(v.event());
    switch (interruption::type(v.event())) {
        case interruption::external:
        case interruption::nmi: return true;
        case interruption::hardware_exception:
            return vector == u8(isa::Vector::DB) || vector == u8(isa::Vector::MC);
        case interruption::other: return vector == 0;
        default: return false;
    }
}
bool wakes_from_shutdown(V v) {
    return v.injects(interruption::nmi) || (v.injects(interruption::hardware_exception) &&
                                            interruption::vector(v.event()) == u8(isa::Vector::MC));
}
/// A single-step trap must be pending: the instruction before ended where traps are held back.
/// IA32_DEBUGCTL.BTF cannot be 1 here.
bool holds_back_traps(V v) {
    return v.blocked_by_sti() || v.blocked_by_mov_ss() || v.activity() == Activity::HLT;
}
bool single_steps(V v) { return has(v.get(F::GUEST_RFLAGS), fl::TF); }

bool linked(V v) { return v.get(F::VMCS_LINK_POINTER) != ~u64{0}; }
u32 linked_revision(V v) { return u32(v.ram.read({v.get(F::VMCS_LINK_POINTER)}, 4)); }

constexpr CheckedRule other_rules[] = {
    {rule_named("GT2"), fields<F::GUEST_GDTR_LIMIT, F::GUEST_IDTR_LIMIT>,
     [](V v, F f) { return v.get(f) >> 16 == 0; }},
    {rule_named("GR3"), fields<F::GUEST_RFLAGS>,
     [](V v, F f) {
         const u64 reserved = 0xffc00000 | bit(15) | bit(5) | bit(3);
         return (v.get(f) & reserved) == 0 && has(v.get(f), bit(1));
     }},
    {rule_named("GR4"), fields<F::GUEST_RFLAGS>,
     [](V v, F) { return !v.v86() || v.protected_mode(); }},
    {rule_named("GR5"), fields<F::GUEST_RFLAGS>,
     [](V v, F f) { return !v.injects(interruption::external) || has(v.get(f), fl::IF); }},

    {rule_named("GA1"), fields<F::GUEST_ACTIVITY_STATE>,
     [](V v, F f) {
         const u64 supported = field(cap::misc, 8, 6) << 1 | 1;  // active always is
         return v.get(f) <= 3 && has(supported, bit(unsigned(v.get(f))));
     }},
    {rule_named("GA2"), fields<F::GUEST_ACTIVITY_STATE>,
     [](V v, F) { return v.activity() != Activity::HLT || v.ss().dpl() == 0; }},
    {rule_named("GA3"), fields<F::GUEST_ACTIVITY_STATE>,
     [](V v, F) {
         return v.activity() == Activity::active || !(v.blocked_by_sti() || v.blocked_by_mov_ss());
     }},
    {rule_named("GA4"), event,
     [](V v, F) { return !v.injects() || v.activity() != Activity::HLT || wakes_from_hlt(v); }},
    {rule_named("GA5"), event,
     [](V v, F) {
         return !v.injects() || v.activity() != Activity::shutdown || wakes_from_shutdown(v);
     }},
    {rule_named("GA6"), event,
     [](V v, F) { return !v.injects() || v.activity() != Activity::wait_for_SIPI; }},

    {rule_named("GI1"), interruptibility, [](V v, F f) { return v.get(f) >> 5 == 0; }},
    {rule_named("GI2"), interruptibility,
     [](V v, F) { return !(v.blocked_by_sti() && v.blocked_by_mov_ss()); }},
    {rule_named("GI3"), interruptibility,
     [](V v, F) { return has(v.get(F::GUEST_RFLAGS), fl::IF) || !v.blocked_by_sti(); }},
    {rule_named("GI4"), interruptibility,
     [](V v, F) {
         return !v.injects(interruption::external) ||
                !(v.blocked_by_sti() || v.blocked_by_mov_ss());
     }},
    {rule_named("GI5"), interruptibility,
     [](V v, F) { return !v.injects(interruption::nmi) || !v.blocked_by_mov_ss(); }},
    {rule_named("GI6"), interruptibility,
     [](V v, F) { return !v.injects(interruption::nmi) || !v.blocked_by_sti(); }},
    {rule_named("GI7"), interruptibility,
     [](V v, F) { return !v.blocked_by(isa::interruptibility::SMI); }},
    {rule_named("GI9"), interruptibility,
     [](V v, F) {
         return !v.on(isa::PinBased::virtual_NMIs) || !v.injects(interruption::nmi) ||
                !v.blocked_by(isa::interruptibility::NMI);
     }},
    // No SGX here: the enclave bit is never allowed.
    {rule_named("GI10"), interruptibility,
     [](V v, F) { return !v.blocked_by(isa::interruptibility::enclave); }},

    {rule_named("GP1"), pending_debug,
     [](V v, F f) {
         return field(v.get(f), 11, 4) == 0 && !has(v.get(f), bit(13) | bit(15)) &&
                v.get(f) >> 17 == 0;
     }},
    {rule_named("GP2"), pending_debug,
     [](V v, F f) {
         return !holds_back_traps(v) || !single_steps(v) || has(v.get(f), pending_BS);
     }},
    {rule_named("GP3"), pending_debug,
     [](V v, F f) {
         return !holds_back_traps(v) || single_steps(v) || !has(v.get(f), pending_BS);
     }},
    {rule_named("GP4"), pending_debug,
     [](V v, F f) {
         return !has(v.get(f), pending_RTM) || v.get(f) == (pending_RTM | pending_enabled);
     }},
    {rule_named("GP5"), pending_debug, [](V v, F f) { return !has(v.get(f), pending_RTM); }},

    {rule_named("GL1"), link, [](V v, F f) { return !linked(v) || v.get(f) % 4096 == 0; }},
    {rule_named("GL2"), link, [](V v, F f) { return !linked(v) || fits(v.get(f)); }},
    {rule_named("GL3"), link,
     [](V v, F) { return !linked(v) || (linked_revision(v) & 0x7fffffff) == cap::revision; }},
    // "VMCS shadowing" cannot be 1 here.
    {rule_named("GL4"), link,
     [](V v, F) { return !linked(v) || !has(linked_revision(v), bit(31)); }},
    {rule_named("GL5"), link, [](V v, F f) { return !linked(v) || v.get(f) != v.vmcs.address(); }},
};
}  // namespace

std::span<const CheckedRule> guest_register_rules() { return register_rules; }
std::span<const CheckedRule> guest_other_rules() { return other_rules; }

}  // namespace ringside::cpu::vmx
