// The EPT walk by itself. SDM 3C "The Extended Page Table Mechanism (EPT)".
#pragma once
#include "sim/mem/walk.hpp"

namespace ringside::mem {

/// What the walk is for: the address itself, or one of the guest's paging-structure entries.
enum class EptTarget : u8 { Address, PagingEntry };

/// Walks `address` and sets w.physical and w.ept_writable, or an outcome; true when it is mapped.
/// `ram`: null to leave accessed and dirty bits alone. `eptp` is not 0.
bool down_the_ept(const Ram& memory, Ram* ram, Walk& w, u64 eptp, GuestPhys address, Access access,
                  EptTarget target);
/// The same where there may be no EPT: `eptp` is 0.
inline bool through_ept(const Ram& memory, Ram* ram, Walk& w, u64 eptp, GuestPhys address,
                        Access access, EptTarget target) {
    if (eptp != 0) return down_the_ept(memory, ram, w, eptp, address, access, target);
    w.physical = {address.value};
    return true;
}

inline void record(Walk& w, u8 level, bool is_ept, HostPhys at, u64 entry) {
    if (w.step_count < w.steps.size()) w.steps[w.step_count++] = {level, is_ept, at.value, entry};
}

}  // namespace ringside::mem
