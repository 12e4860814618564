// Where everything lies: host-physical memory, the linear address space and the real GDT.
//
//   host-physical                         linear, in every address space
//   00000000  real-mode leftovers         00000000  the guest's own linear addresses, by way of
//   00100000  this VMM                        :     the shadow page tables
//      :      boot modules: the guests    FC000000  host-physical 0, mapped supervisor-only
//   01000000  guest 0: its physical 0         :     (15 directory entries of 4 MiB)
//   02000000  guest 1, where there are two    :
//   02FFFFFF  end of the guests' memory   FFC00000  host-physical FEC00000: at FFE00000 the real
//                                                   local APIC
//
// Guest segments end below FC000000, so that ring 1 (a supervisor to the paging unit) is kept out
// too.
#pragma once
#include "scenarios/vmms/common/natural.hpp"

namespace ringside::vmm {

/// Linear address of host-physical 0. A VMM of 64-bit mode has VT-x, and so an address space of its
/// own: it has no reason to go out of the guest's way.
inline constexpr u32 vmm_base = long_mode ? 0 : 0xfc000000;
/// Where the VMM finds the registers of the real local APIC.
inline constexpr u32 linear_of_local_apic = long_mode ? 0xfee00000 : 0xffe00000;
inline constexpr u32 host_memory_size = 0x3c00000;   ///< what fits between vmm_base and FFC00000
inline constexpr u32 guest_memory_base = 0x1000000;  ///< host-physical address of guest-physical 0
inline constexpr u32 guest_memory_size = 0x1000000;  ///< of each guest, one behind the other
inline constexpr u32 most_guests = 2;
static_assert(guest_memory_base + most_guests * guest_memory_size <= host_memory_size);

/// Selectors of the real GDT that are not the guest's: its last entries.
inline constexpr u32 gdt_entries = 8192;
inline constexpr u32 first_vmm_entry = gdt_entries - 16;
namespace selector {
constexpr u16 entry(u32 n) { return u16((first_vmm_entry + n) << 3); }
inline constexpr u16 vmm_code = entry(0);  ///< SYSENTER wants the data segment right after the code
inline constexpr u16 vmm_data = entry(1);
inline constexpr u16 vmm_tss = entry(2);
/// What CS and the others hold when a guest starts, before it has a GDT: flat segments of ring 1.
inline constexpr u16 boot_code = entry(3) | 1;
inline constexpr u16 boot_data = entry(4) | 1;
/// Two for the technique's own use (binary translation's cache, for one).
inline constexpr u16 technique_code = entry(5) | 1;
inline constexpr u16 technique_data = entry(6) | 1;
/// Six descriptors that the guest still uses although its GDT has them no more.
inline constexpr u32 first_kept_entry = first_vmm_entry + 8;  ///< entry(7) is the LDT
}  // namespace selector

/// Vectors of the real interrupt controllers, which the VMM owns.
inline constexpr u8 hardware_interrupt_base = 0x20;
/// Those of the controllers, and host_alarm.hpp.
inline constexpr u32 hardware_interrupts = 17;

/// There may be a copy of what the VMM writes to for each guest: which guest this one is for, and
/// how far behind the image's place in physical memory it lies.
inline u32 this_guest = 0, image_displacement = 0;

/// The VMM's view of host-physical memory.
template <class T = u8>
T* at_physical(u32 host_physical) {
    return reinterpret_cast<T*>(vmm_base + host_physical);
}
/// Of an object of the VMM's own image.
inline u32 physical_address(const void* p) {
    return reinterpret_cast<u32>(p) - vmm_base + image_displacement;
}

}  // namespace ringside::vmm
