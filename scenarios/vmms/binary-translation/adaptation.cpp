#include "scenarios/vmms/binary-translation/adaptation.hpp"

namespace ringside::vmm {

bool Adaptation::simulated(u32 eip) const {
    const Suspect& s = suspects_[slot(eip)];
    return s.eip == eip && s.traps >= traps_to_leave;
}

bool Adaptation::on_trap(u32 eip) {
    Suspect& s = suspects_[slot(eip)];
    if (s.eip != eip) s = {.eip = eip};
    if (s.traps < traps_to_leave) ++s.traps;
    s.innocent = 0;
    return s.traps == traps_to_leave;
}

bool Adaptation::on_callout(u32 eip, bool would_have_trapped) {
    Suspect& s = suspects_[slot(eip)];
    if (s.eip != eip) return !would_have_trapped;  // displaced
    s.innocent = would_have_trapped ? 0 : u8(s.innocent + 1);
    if (s.innocent < innocent_to_return) return false;
    s = {};
    return true;
}

}  // namespace ringside::vmm
