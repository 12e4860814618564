// Pointers from the guest: never followed, always translated by the guest's page tables and
// checked.
//
//   linear -> directory entry -> table entry -> guest frame -> the VMM's view of it
//
// The tables are validated, so every frame that they name is the guest's. What remains to be
// checked: that there is a mapping, that it may be written, and that the address is not the VMM's.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// Copy between the VMM and the guest's linear addresses. False: -EFAULT; a part may have been
/// copied.
bool copy_from_guest(const Domain& domain, void* to, u32 linear, u32 bytes);
bool copy_to_guest(const Domain& domain, u32 linear, const void* from, u32 bytes);

template <class T>
bool read_guest(const Domain& domain, T& value, u32 linear) {
    return copy_from_guest(domain, &value, linear, sizeof value);
}
template <class T>
bool write_guest(const Domain& domain, u32 linear, const T& value) {
    return copy_to_guest(domain, linear, &value, sizeof value);
}

/// The machine address of the table entry that maps `linear`; 0 if there is no page table.
u32 entry_that_maps(const Domain& domain, u32 linear);

}  // namespace ringside::pv
