// The first broken rule of each step of a VM entry.
#include "sim/cpu/vmx/entry_checks.hpp"

#include "sim/cpu/vmx/entry_rule.hpp"

namespace ringside::cpu::vmx {

GuestSegment EntryView::segment(F field) const {
    // The four groups of segment fields have the same order: ES, CS, SS, DS, FS, GS, LDTR, TR.
    constexpr F groups[] = {F::GUEST_ES_SELECTOR, F::GUEST_ES_LIMIT, F::GUEST_ES_ACCESS_RIGHTS,
                            F::GUEST_ES_BASE};
    u32 place = 0;
    for (const F first : groups) {
        const u32 distance = u32(field) - u32(first);
        if (distance <= 14) place = distance;
    }
    const auto at = [&](F first) { return get(F(u32(first) + place)); };
    return {u16(at(groups[0])), u32(at(groups[1])), u32(at(groups[2])), at(groups[3])};
}

namespace {

std::optional<BrokenRule> first_broken(const EntryView& view, std::span<const CheckedRule> rules) {
    for (const CheckedRule& r : rules)
        for (const isa::VmcsField f : r.fields)
            if (!r.holds(view, f)) return BrokenRule{r.rule, f, view.get(f)};
    return {};
}

}  // namespace

std::optional<BrokenRule> check_controls_and_host(const mem::Ram& ram, const Vmcs& vmcs,
                                                  bool long_mode) {
    const EntryView view{ram, vmcs, long_mode};
    for (const auto rules : {control_rules(), host_rules()})
        if (const auto broken = first_broken(view, rules)) return broken;
    return {};
}

std::optional<BrokenRule> check_guest(const mem::Ram& ram, const Vmcs& vmcs) {
    const EntryView view{ram, vmcs};
    for (const auto rules :
         {guest_register_rules(), guest_segment_rules(), guest_other_rules(), guest_paging_rules()})
        if (const auto broken = first_broken(view, rules)) return broken;
    return {};
}

bool rule_is_checked(int rule) {
    for (const auto rules : {control_rules(), host_rules(), guest_register_rules(),
                             guest_segment_rules(), guest_other_rules(), guest_paging_rules()})
        for (const CheckedRule& r : rules)
            if (r.rule == rule) return true;
    return false;
}

}  // namespace ringside::cpu::vmx
