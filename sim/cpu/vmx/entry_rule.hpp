// What the VM-entry rules are written in: a view of the VMCS, and one row a rule.
#pragma once
#include <array>
#include <optional>
#include <span>

#include "sim/cpu/segment.hpp"
#include "sim/cpu/vmx/entry_checks.hpp"
#include "sim/cpu/vmx/interruption.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/isa/flags.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/paging.hpp"
#include "sim/isa/vmx.hpp"

namespace ringside::cpu::vmx {

/// Place of a rule in isa::entry_rules. A name that is not there does not compile.
consteval int rule_named(std::string_view id) {
    for (int n = 0; n < int(std::size(isa::entry_rules)); ++n)
        if (id == isa::entry_rules[n].id) return n;
    throw "no such VM-entry rule";
}

/// One segment register of the guest-state area.
struct GuestSegment {
    u16 selector;
    u32 limit, access;
    u64 base;

    bool usable() const { return !(access & rights::unusable); }
    bool s() const { return access & rights::S; }
    bool present() const { return access & rights::P; }
    bool granular() const { return access & rights::G; }
    bool long_code() const { return access & rights::L; }
    bool big() const { return access & rights::DB; }
    u8 type() const { return access & 15; }
    bool code() const { return type() & 8; }
    u8 dpl() const { return (access >> 5) & 3; }
    u8 rpl() const { return selector & 3; }
    bool ldt() const { return selector & 4; }
};

/// A VMCS as the rules read it.
struct EntryView {
    using F = isa::VmcsField;

    const mem::Ram& ram;
    const Vmcs& vmcs;
    bool long_mode = false;  ///< IA32_EFER.LMA of the VMM: for the rules on controls and host

    u64 get(F f) const { return vmcs.get(ram, f); }

    // --- controls ---
    bool on(isa::ProcBased c) const {
        return has(get(F::PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS), bit(u8(c)));
    }
    /// All 0 unless "activate secondary controls" is 1.
    bool on(isa::ProcBased2 c) const {
        return on(isa::ProcBased::activate_secondary_controls) &&
               has(get(F::SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS), bit(u8(c)));
    }
    bool on(isa::PinBased c) const {
        return has(get(F::PIN_BASED_VM_EXECUTION_CONTROLS), bit(u8(c)));
    }
    bool on(isa::ExitControl c) const { return has(get(F::PRIMARY_VM_EXIT_CONTROLS), bit(u8(c))); }
    bool on(isa::EntryControl c) const { return has(get(F::VM_ENTRY_CONTROLS), bit(u8(c))); }
    bool unrestricted() const { return on(isa::ProcBased2::unrestricted_guest); }
    bool long_guest() const { return on(isa::EntryControl::IA32e_mode_guest); }
    bool long_host() const { return on(isa::ExitControl::host_address_space_size); }

    // --- the event to inject ---
    u32 event() const { return u32(get(F::VM_ENTRY_INTERRUPTION_INFORMATION)); }
    bool injects() const { return event() & interruption::valid; }
    bool injects(interruption::Type t) const {
        return injects() && interruption::type(event()) == t;
    }

    // --- guest ---
    bool v86() const { return has(get(F::GUEST_RFLAGS), isa::flags::VM); }
    bool protected_mode() const { return has(get(F::GUEST_CR0), isa::cr0::PE); }
    bool pae() const {
        return has(get(F::GUEST_CR0), isa::cr0::PG) && has(get(F::GUEST_CR4), isa::cr4::PAE) &&
               !long_guest();
    }
    /// The segment register that a selector, base, limit or access-rights field belongs to.
    GuestSegment segment(F field) const;
    GuestSegment cs() const { return segment(F::GUEST_CS_SELECTOR); }
    GuestSegment ss() const { return segment(F::GUEST_SS_SELECTOR); }
    bool blocked_by(u64 what) const { return has(get(F::GUEST_INTERRUPTIBILITY_STATE), what); }
    bool blocked_by_sti() const { return blocked_by(isa::interruptibility::STI); }
    bool blocked_by_mov_ss() const { return blocked_by(isa::interruptibility::MOV_SS); }
    isa::ActivityState activity() const { return isa::ActivityState(get(F::GUEST_ACTIVITY_STATE)); }
};

/// A rule and the fields it looks at, one after the other.
struct CheckedRule {
    int rule;
    std::span<const isa::VmcsField> fields;
    bool (*holds)(const EntryView&, isa::VmcsField);
};

/// Fields with static storage, for a row's `fields`.
template <isa::VmcsField... f>
inline constexpr std::array<isa::VmcsField, sizeof...(f)> fields{f...};

// The groups, in the order of the chapter. SDM 3C "VM Entries".
std::span<const CheckedRule> control_rules();
std::span<const CheckedRule> host_rules();
std::span<const CheckedRule> guest_register_rules();
std::span<const CheckedRule> guest_segment_rules();
std::span<const CheckedRule> guest_other_rules();
std::span<const CheckedRule> guest_paging_rules();

inline bool canonical(const EntryView& v, isa::VmcsField f) {
    return isa::paging::canonical(v.get(f));
}
/// May IA32_EFER have this value (but for LMA and LME, which have rules of their own)?
constexpr bool efer_reserved_clear(u64 value) {
    using namespace isa::efer;
    return (value & ~(SCE | LME | LMA | NXE)) == 0;
}

/// Does an address fit this CPU's physical-address width?
constexpr bool fits(u64 address) { return address >> isa::vmx_capability::physical_bits == 0; }
constexpr bool aligned_and_fits(u64 address, u64 alignment) {
    return address % alignment == 0 && fits(address);
}

}  // namespace ringside::cpu::vmx
