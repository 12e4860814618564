// VM-entry rules on the guest's segment registers. SDM 3C "Checks on Guest Segment Registers".
// A failure is a VM exit with reason 33. "Usable": bit 16 of the access rights is 0.
#include "sim/cpu/vmx/entry_rule.hpp"

namespace ringside::cpu::vmx {
namespace {

using F = isa::VmcsField;
using V = const EntryView&;
using G = const GuestSegment&;

constexpr auto& all_selectors =
    fields<F::GUEST_CS_SELECTOR, F::GUEST_SS_SELECTOR, F::GUEST_DS_SELECTOR, F::GUEST_ES_SELECTOR,
           F::GUEST_FS_SELECTOR, F::GUEST_GS_SELECTOR>;
constexpr auto& all_limits = fields<F::GUEST_CS_LIMIT, F::GUEST_SS_LIMIT, F::GUEST_DS_LIMIT,
                                    F::GUEST_ES_LIMIT, F::GUEST_FS_LIMIT, F::GUEST_GS_LIMIT>;
constexpr auto& all_rights =
    fields<F::GUEST_CS_ACCESS_RIGHTS, F::GUEST_SS_ACCESS_RIGHTS, F::GUEST_DS_ACCESS_RIGHTS,
           F::GUEST_ES_ACCESS_RIGHTS, F::GUEST_FS_ACCESS_RIGHTS, F::GUEST_GS_ACCESS_RIGHTS>;
constexpr auto& data_rights = fields<F::GUEST_DS_ACCESS_RIGHTS, F::GUEST_ES_ACCESS_RIGHTS,
                                     F::GUEST_FS_ACCESS_RIGHTS, F::GUEST_GS_ACCESS_RIGHTS>;
constexpr auto& cs_rights = fields<F::GUEST_CS_ACCESS_RIGHTS>;
constexpr auto& ss_rights = fields<F::GUEST_SS_ACCESS_RIGHTS>;
constexpr auto& tr_rights = fields<F::GUEST_TR_ACCESS_RIGHTS>;
constexpr auto& ldtr_rights = fields<F::GUEST_LDTR_ACCESS_RIGHTS>;

bool low_bits_fit(G g) { return (g.limit & 0xfff) == 0xfff || !g.granular(); }
bool high_bits_fit(G g) { return (g.limit & 0xfff00000) == 0 || g.granular(); }

/// For the guest in virtual-8086 mode.
template <bool (*good)(G)>
bool in_v86(V v, F f) {
    return !v.v86() || good(v.segment(f));
}
/// For CS, and the others if usable, of a guest that is not in virtual-8086 mode.
template <bool (*good)(G)>
bool in_use(V v, F f) {
    const bool is_cs = f == F::GUEST_CS_ACCESS_RIGHTS || f == F::GUEST_CS_LIMIT;
    return v.v86() || (!is_cs && !v.segment(f).usable()) || good(v.segment(f));
}
template <bool (*good)(G)>
bool if_usable(V v, F f) {
    return !v.segment(f).usable() || good(v.segment(f));
}
template <bool (*good)(G)>
bool always(V v, F f) {
    return good(v.segment(f));
}

bool is_segment(G g) { return g.s(); }
bool is_system(G g) { return !g.s(); }
bool is_present(G g) { return g.present(); }
bool low_reserved_clear(G g) { return field(g.access, 11, 8) == 0; }
bool high_reserved_clear(G g) { return field(g.access, 31, 17) == 0; }
bool limit_fits(G g) { return low_bits_fit(g) && high_bits_fit(g); }
bool fits_32_bits(G g) { return g.base >> 32 == 0; }
bool in_gdt(G g) { return !g.ldt(); }

constexpr CheckedRule rules[] = {
    {rule_named("GS1"), fields<F::GUEST_TR_SELECTOR>, always<in_gdt>},
    {rule_named("GS2"), fields<F::GUEST_LDTR_SELECTOR>, if_usable<in_gdt>},
    {rule_named("GS3"), fields<F::GUEST_SS_SELECTOR>,
     [](V v, F) { return v.v86() || v.unrestricted() || v.ss().rpl() == v.cs().rpl(); }},
    {rule_named("GS4"), all_selectors, in_v86<[](G g) { return g.base == u32(g.selector) * 16; }>},
    {rule_named("GS5"), fields<F::GUEST_TR_BASE, F::GUEST_FS_BASE, F::GUEST_GS_BASE>, canonical},
    {rule_named("GS6"), fields<F::GUEST_LDTR_BASE>,
     if_usable<[](G g) { return isa::paging::canonical(g.base); }>},
    {rule_named("GS7"), fields<F::GUEST_CS_BASE>, always<fits_32_bits>},
    {rule_named("GS8"), fields<F::GUEST_SS_BASE, F::GUEST_DS_BASE, F::GUEST_ES_BASE>,
     if_usable<fits_32_bits>},
    {rule_named("GS9"), all_limits, in_v86<[](G g) { return g.limit == 0xffff; }>},
    {rule_named("GS10"), all_rights, in_v86<[](G g) { return g.access == 0xf3; }>},
    {rule_named("GS11"), cs_rights,
     [](V v, F f) {
         const GuestSegment g = v.segment(f);
         return v.v86() || (g.code() && (g.type() & 1)) || (v.unrestricted() && g.type() == 3);
     }},
    {rule_named("GS12"), ss_rights, in_use<[](G g) { return g.type() == 3 || g.type() == 7; }>},
    {rule_named("GS13"), data_rights, in_use<[](G g) { return (g.type() & 1) != 0; }>},
    {rule_named("GS14"), data_rights, in_use<[](G g) { return !g.code() || (g.type() & 2); }>},
    {rule_named("GS15"), all_rights, in_use<is_segment>},
    {rule_named("GS16"), cs_rights, in_use<[](G g) { return g.type() != 3 || g.dpl() == 0; }>},
    {rule_named("GS17"), cs_rights,
     [](V v, F) {
         const GuestSegment cs = v.cs();
         return v.v86() || (cs.type() != 9 && cs.type() != 11) || cs.dpl() == v.ss().dpl();
     }},
    {rule_named("GS18"), cs_rights,
     [](V v, F) {
         const GuestSegment cs = v.cs();
         return v.v86() || (cs.type() != 13 && cs.type() != 15) || cs.dpl() <= v.ss().dpl();
     }},
    {rule_named("GS19"), ss_rights,
     [](V v, F) { return v.v86() || v.unrestricted() || v.ss().dpl() == v.ss().rpl(); }},
    {rule_named("GS20"), ss_rights,
     [](V v, F) {
         return v.v86() || (v.cs().type() != 3 && v.protected_mode()) || v.ss().dpl() == 0;
     }},
    {rule_named("GS21"), data_rights,
     [](V v, F f) {
         const GuestSegment g = v.segment(f);
         return v.v86() || v.unrestricted() || !g.usable() || g.type() > 11 || g.dpl() >= g.rpl();
     }},
    {rule_named("GS22"), all_rights, in_use<is_present>},
    {rule_named("GS23"), all_rights, in_use<low_reserved_clear>},
    {rule_named("GS24"), cs_rights,
     [](V v, F f) {
         const GuestSegment g = v.segment(f);
         return v.v86() || !v.long_guest() || !g.long_code() || !g.big();
     }},
    {rule_named("GS25"), all_limits, in_use<low_bits_fit>},
    {rule_named("GS26"), all_limits, in_use<high_bits_fit>},
    {rule_named("GS27"), all_rights, in_use<high_reserved_clear>},

    {rule_named("GS28"), tr_rights,
     [](V v, F f) {
         const u8 type = v.segment(f).type();
         return type == 11 || (type == 3 && !v.long_guest());
     }},
    {rule_named("GS29"), tr_rights, always<is_system>},
    {rule_named("GS30"), tr_rights, always<is_present>},
    {rule_named("GS31"), tr_rights, always<low_reserved_clear>},
    {rule_named("GS32"), fields<F::GUEST_TR_LIMIT>, always<limit_fits>},
    {rule_named("GS33"), tr_rights, always<[](G g) { return g.usable(); }>},
    {rule_named("GS34"), tr_rights, always<high_reserved_clear>},

    {rule_named("GS35"), ldtr_rights, if_usable<[](G g) { return g.type() == 2; }>},
    {rule_named("GS36"), ldtr_rights, if_usable<is_system>},
    {rule_named("GS37"), ldtr_rights, if_usable<is_present>},
    {rule_named("GS38"), ldtr_rights, if_usable<low_reserved_clear>},
    {rule_named("GS39"), fields<F::GUEST_LDTR_LIMIT>, if_usable<limit_fits>},
    {rule_named("GS40"), ldtr_rights, if_usable<high_reserved_clear>},
};

}  // namespace

std::span<const CheckedRule> guest_segment_rules() { return rules; }

}  // namespace ringside::cpu::vmx
