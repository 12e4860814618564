// The page walk and the EPT walk. Both return every entry they read, for the screen and for timing.
//
//   32-bit paging (SDM 3A "32-Bit Paging"):
//     CR3 → page directory [31:22] → (PS=1: 4-MByte page) → page table [21:12] → 4-KByte page
//   EPT (SDM 3C "The Extended Page Table Mechanism (EPT)"), 4 levels of 512 64-bit entries:
//     EPTP → PML4 [47:39] → PDPT [38:30] → PD [29:21] → PT [20:12]
//
// With EPT every guest-physical address of the guest's walk is itself walked through the EPT.
#pragma once
#include <array>

#include "sim/base/types.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::mem {

/// What an access wants. `user`: CPL 3. SDM 3A "Access Rights".
struct Access {
    bool write = false;
    bool fetch = false;
    bool user = false;
};

/// The paging registers a walk depends on.
struct PagingMode {
    u64 cr0 = 0, cr3 = 0, cr4 = 0, efer = 0;
    u64 eptp = 0;  ///< 0: no EPT
    bool operator==(const PagingMode&) const = default;
};

/// One entry that the walk read.
struct WalkStep {
    u8 level;     ///< 4 … 1; the last is the leaf
    bool ept;     ///< an EPT entry
    HostPhys at;  ///< where the entry lies
    u64 entry;    ///< its value before accessed and dirty bits were set
};

/// The result of a translation.
struct Walk {
    enum Outcome : u8 { Mapped, PageFault, EptViolation, EptMisconfiguration, NotModelled };
    Outcome outcome = Mapped;
    HostPhys physical;          ///< of the byte asked for
    GuestPhys guest_physical;   ///< the same before EPT
    u32 error_code = 0;         ///< #PF
    u64 ept_qualification = 0;  ///< of an EPT violation
    bool rw = false;            ///< R/W is 1 at every level (or there is no paging)
    bool ept_writable = true;   ///< the EPT allows a write (or there is none)
    bool user = false;          ///< U/S is 1 at every level (or there is no paging)
    bool dirty = false;         ///< the leaf's D bit is set (or there is no paging)
    bool global = false;
    const char* not_modelled = nullptr;
    u8 step_count = 0;
    std::array<WalkStep, 24> steps{};
};

/// Translates one linear address. Sets accessed and dirty bits as the CPU does (only when the
/// access is allowed).
Walk walk(Ram& ram, const PagingMode& mode, LinAddr linear, Access access);
/// The same without changing anything: looking is not reading.
Walk peek_walk(const Ram& ram, const PagingMode& mode, LinAddr linear, Access access);
/// Guest-physical to host-physical alone. With `eptp` 0 they are the same.
Walk walk_ept(const Ram& ram, u64 eptp, GuestPhys address, Access access);

}  // namespace ringside::mem
