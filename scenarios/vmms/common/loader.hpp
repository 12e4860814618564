// Puts a guest, a Multiboot program handed over as a boot module, into its memory. Boot module k is
// guest k.
#pragma once
#include "scenarios/vmms/common/guest_memory.hpp"

namespace ringside::vmm {

struct LoadedGuest {
    u32 entry;  ///< guest-physical, and linear while paging is off
    u32 eax;    ///< what a Multiboot loader leaves in EAX and EBX
    u32 ebx;
    const char* command_line;  ///< the VMM's own, "" if there is none
    const char*
        guest_command_line;  ///< the boot module's; the guest finds it in its boot information
};

/// How many guests *our* boot loader brought, from what it left in EAX and EBX. Stops the VMM with
/// a sentence if there is none, or more than `most`.
u32 count_guests(u32 magic, u32 boot_info, u32 most);

/// Host-physical: behind the last byte of all modules.
u32 end_of_modules(u32 boot_info);
/// The VMM's own command line, "" if there is none.
const char* vmm_command_line(u32 boot_info);

/// The guest whose memory this is; call count_guests() first. Stops the VMM with a sentence if it
/// is not usable. Passes the probe point guest.memory.
LoadedGuest load_guest(u32 boot_info, GuestMemory& memory);

}  // namespace ringside::vmm
