// VM-entry rules on the rest of the guest state. SDM 3C "Checks on Guest Control Registers, Debug
// Registers, and MSRs", "… Descriptor-Table Registers", "… RIP, RFLAGS, and SSP", "… Non-Register
// State", "… Page-Directory-Pointer-Table Entries". A failure is a VM exit with reason 33.
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

bool loads_efer(V v) { return v.on(isa::EntryControl::load_EFER); }
constexpr auto& efer = fields<F::GUEST_IA32_EFER>;

constexpr CheckedRule register_rules[] = {
    {rule_named("GC1"), fields<F::GUEST_CR0>, cr0_as_vmx_wants},
    {rule_named("GC2"), fields<F::GUEST_CR0>,
     [](V v, F f) { return !has(v.get(f), cr0::PG) || has(v.get(f), cr0::PE); }},
    {rule_named("GC3"), fields<F::GUEST_CR4>, cr4_as_vmx_wants},
    {rule_named("GC6"), fields<F::GUEST_CR0, F::GUEST_CR4>,
     [](V v, F f) {
         return !v.long_guest() || has(v.get(f), f == F::GUEST_CR0 ? cr0::PG : isa::cr4::PAE);
     }},
    {rule_named("GC7"), fields<F::GUEST_CR4>,
     [](V v, F f) { return v.long_guest() || !has(v.get(f), isa::cr4::PCIDE); }},
    {rule_named("GC8"), fields<F::GUEST_CR3>, [](V v, F f) { return fits(v.get(f)); }},
    {rule_named("GC9"), fields<F::GUEST_DR7>,
     [](V v, F f) { return !v.on(isa::EntryControl::load_debug_controls) || v.get(f) >> 32 == 0; }},
    {rule_named("GC10"), fields<F::GUEST_IA32_SYSENTER_ESP, F::GUEST_IA32_SYSENTER_EIP>, canonical},
    {rule_named("GC5"), fields<F::GUEST_IA32_DEBUGCTL>,
     [](V v, F f) {
         return !v.on(isa::EntryControl::load_debug_controls) ||
                (v.get(f) & isa::debugctl::reserved) == 0;
     }},
    {rule_named("GC13"), fields<F::GUEST_IA32_PAT>,
     [](V v, F f) { return !v.on(isa::EntryControl::load_PAT) || isa::pat::valid(v.get(f)); }},
    {rule_named("GC14"), efer,
     [](V v, F f) { return !loads_efer(v) || efer_reserved_clear(v.get(f)); }},
    {rule_named("GC15"), efer,
     [](V v, F f) { return !loads_efer(v) || has(v.get(f), isa::efer::LMA) == v.long_guest(); }},
    {rule_named("GC16"), efer,
     [](V v, F f) {
         return !loads_efer(v) || !has(v.get(F::GUEST_CR0), cr0::PG) ||
                has(v.get(f), isa::efer::LMA) == has(v.get(f), isa::efer::LME);
     }},
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
bool holds_back_traps(V v) {
    return v.blocked_by_sti() || v.blocked_by_mov_ss() || v.activity() == Activity::HLT;
}
bool single_steps(V v) {
    return has(v.get(F::GUEST_RFLAGS), fl::TF) &&
           !has(v.get(F::GUEST_IA32_DEBUGCTL), isa::debugctl::BTF);
}

bool linked(V v) { return v.get(F::VMCS_LINK_POINTER) != ~u64{0}; }
u32 linked_revision(V v) { return u32(v.ram.read({v.get(F::VMCS_LINK_POINTER)}, 4)); }

bool in_long_code(V v) { return v.long_guest() && v.cs().long_code(); }

constexpr CheckedRule other_rules[] = {
    {rule_named("GT1"), fields<F::GUEST_GDTR_BASE, F::GUEST_IDTR_BASE>, canonical},
    {rule_named("GT2"), fields<F::GUEST_GDTR_LIMIT, F::GUEST_IDTR_LIMIT>,
     [](V v, F f) { return v.get(f) >> 16 == 0; }},
    {rule_named("GR1"), fields<F::GUEST_RIP>,
     [](V v, F f) { return in_long_code(v) || v.get(f) >> 32 == 0; }},
    // Bits 63:48 are all equal; bit 47 may differ.
    {rule_named("GR2"), fields<F::GUEST_RIP>,
     [](V v, F f) {
         const u64 high = v.get(f) >> isa::paging::linear_bits;
         return !in_long_code(v) || high == 0 || high == ~u64{0} >> isa::paging::linear_bits;
     }},
    {rule_named("GR3"), fields<F::GUEST_RFLAGS>,
     [](V v, F f) {
         const u64 reserved = ~(bit(22) - 1) | bit(15) | bit(5) | bit(3);
         return (v.get(f) & reserved) == 0 && has(v.get(f), bit(1));
     }},
    {rule_named("GR4"), fields<F::GUEST_RFLAGS>,
     [](V v, F) { return !v.v86() || (v.protected_mode() && !v.long_guest()); }},
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

// --- PAE paging: the registers that a MOV to CR3 would load ---
bool valid_pdpte(u64 pdpte) {
    return !has(pdpte, isa::paging::P) || (pdpte & isa::paging::reserved_pdpte) == 0;
}
bool pdptes_at_cr3_valid(V v, F f) {
    const u64 table = v.get(f) & isa::paging::pdpt_base;
    for (unsigned n = 0; n < 4; ++n)
        if (!valid_pdpte(v.ram.read({table + 8 * n}, 8))) return false;
    return true;
}
bool has_ept(V v) { return v.on(isa::ProcBased2::enable_EPT); }

// GD3 says what "valid" means in the other two.
constexpr CheckedRule paging_rules[] = {
    {rule_named("GD1"), fields<F::GUEST_CR3>,
     [](V v, F f) { return !v.pae() || has_ept(v) || pdptes_at_cr3_valid(v, f); }},
    {rule_named("GD2"), fields<F::GUEST_PDPTE0, F::GUEST_PDPTE1, F::GUEST_PDPTE2, F::GUEST_PDPTE3>,
     [](V v, F f) { return !v.pae() || !has_ept(v) || valid_pdpte(v.get(f)); }},
};
}  // namespace

std::span<const CheckedRule> guest_paging_rules() { return paging_rules; }
std::span<const CheckedRule> guest_register_rules() { return register_rules; }
std::span<const CheckedRule> guest_other_rules() { return other_rules; }

}  // namespace ringside::cpu::vmx
