// A walk of the guest's own page tables, by software: what its paging unit would find.
//
//   CR3 -> | PDE | -> | PTE | -> page                   (SDM 3A "32-Bit Paging")
//   linear = 31:22      21:12     11:0
//
//   CR3 -> | PDPTE | -> | PDE | -> | PTE | -> page       (SDM 3A "PAE Paging")
//   linear = 31:30        29:21      20:12     11:0
//
//   CR3 -> | PML4E | -> | PDPTE | -> and so on          (SDM 3A "4-Level Paging")
//   linear = 47:39        38:30
#pragma once
#include "scenarios/vmms/common/fault.hpp"
#include "scenarios/vmms/common/guest_memory.hpp"
#include "scenarios/vmms/common/paging_registers.hpp"
#include "scenarios/vmms/common/runtime.hpp"

namespace ringside::vmm {

struct Access {
    bool write = false;
    bool user = false;  ///< CPL 3 by the guest's count; otherwise a supervisor's
    bool fetch = false;
};
inline constexpr Access supervisor_read{}, supervisor_write{true, false, false},
    instruction_fetch{false, false, true};

struct Translation {
    Fault fault;
    u32 physical = 0;      ///< guest-physical
    bool writable = true;  ///< R/W of all levels
    bool user = true;      ///< U/S of all levels
    bool dirty = true;
    bool large = false;    ///< a 4 MiB page, with PAE and four levels one of 2 MiB
    u32 table = no_table;  ///< guest-physical: the page table, where the walk came to one
    static constexpr u32 no_table = ~0u;
};
/// What physical addresses above 4 GiB are cut to: no guest has memory there.
inline constexpr u32 nowhere = 0xffe00000;

/// Sets the accessed and dirty bits as the guest's paging unit would.
Translation translate(GuestMemory& memory, const PagingRegisters& registers, Natural linear,
                      Access access);

/// Calls part(guest_physical, bytes) for each page that [linear, linear + bytes) touches.
template <class Part>
Fault by_page(GuestMemory& memory, const PagingRegisters& registers, Natural linear, u32 bytes,
              Access access, Part part) {
    constexpr u32 page_size = 4096;
    while (bytes > 0) {
        const u32 left_in_page = page_size - u32(linear % page_size);
        const u32 here = bytes < left_in_page ? bytes : left_in_page;
        const Translation t = translate(memory, registers, linear, access);
        if (t.fault) return t.fault;
        part(t.physical, here);
        linear += here;
        bytes -= here;
    }
    return {};
}

/// Copies between the VMM and the guest's linear memory, across pages. A write that faults writes
/// nothing.
Fault read_linear(GuestMemory& memory, const PagingRegisters& registers, Natural linear, void* to,
                  u32 bytes, Access access);
/// `put(guest_physical, from, bytes)` is called for each page that is to be written, and does it.
template <class Put>
Fault write_linear(GuestMemory& memory, const PagingRegisters& registers, Natural linear,
                   const void* from, u32 bytes, Access access, Put put) {
    // All pages first, so that a fault on the second leaves the first as it was.
    if (const Fault f = by_page(memory, registers, linear, bytes, access, [](u32, u32) {}))
        return f;
    auto* in = static_cast<const u8*>(from);
    return by_page(memory, registers, linear, bytes, access, [&](u32 physical, u32 part) {
        put(physical, in, part);
        in += part;
    });
}

}  // namespace ringside::vmm
