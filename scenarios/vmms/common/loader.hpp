// Puts the guest, an unchanged Multiboot program handed over as boot module 0, into the guest's
// memory.
#pragma once
#include "scenarios/vmms/common/guest_memory.hpp"
#include "scenarios/vmms/common/vcpu.hpp"

namespace ringside::vmm {

struct LoadedGuest {
    u32 entry;  ///< guest-physical, and linear while paging is off
    u32 eax;    ///< what a Multiboot loader leaves in EAX and EBX
    u32 ebx;
    const char* command_line;  ///< the VMM's own, "" if there is none
};

/// From what *our* boot loader left in EAX and EBX. Stops the VMM with a sentence if there is no
/// usable guest. Passes the probe point guest.memory.
LoadedGuest load_guest(u32 magic, u32 boot_info, GuestMemory& memory);

/// The registers with which a ring-1 guest starts: as a Multiboot loader leaves them, one ring
/// further out.
TrapFrame first_frame(const LoadedGuest& loaded);

}  // namespace ringside::vmm
