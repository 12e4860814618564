// The page walk and the EPT walk. Both return every entry they read, for the screen and for timing.
//
//   32-bit (SDM 3A "32-Bit Paging"), entries of 4 bytes:
//     CR3 → PD [31:22] → (PS: 4-MByte page) → PT [21:12] → 4-KByte page
//   PAE (SDM 3A "PAE Paging"), entries of 8 bytes; the PDPTEs are registers:
//     PDPTE [31:30] → PD [29:21] → (PS: 2-MByte page) → PT [20:12] → 4-KByte page
//   4-level (SDM 3A "4-Level Paging and 5-Level Paging"), and EPT below any of them (SDM 3C "The
//   Extended Page Table Mechanism (EPT)"), entries of 8 bytes:
//     CR3 → PML4 [47:39] → PDPT [38:30] → (PS: 1 GByte) → PD [29:21] → (PS: 2 MBytes) → PT [20:12]
//
// With EPT every guest-physical address of the guest's walk is itself walked through the EPT.
#pragma once
#include <array>

#include "sim/base/types.hpp"
#include "sim/isa/control_registers.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::mem {

/// What an access wants. SDM 3A "Access Rights".
struct Access {
    bool write = false;
    bool fetch = false;
    bool user = false;      ///< a user-mode access: made at CPL 3, and not implicit
    bool implicit = false;  ///< an implicit supervisor-mode access: to descriptor tables and TSS
};

/// The paging registers a walk depends on.
struct PagingMode {
    u64 cr0 = 0, cr3 = 0, cr4 = 0, efer = 0;
    u64 eptp = 0;                  ///< 0: no EPT
    std::array<u64, 4> pdpte{};    ///< of PAE paging: loaded with CR3
    bool alignment_check = false;  ///< EFLAGS.AC, which lifts SMAP

    enum Kind : u8 { Off, Bits32, Pae, FourLevel };
    /// SDM 3A "Paging Modes and Control Bits".
    Kind kind() const {
        if (!(cr0 & isa::cr0::PG)) return Off;
        if (!(cr4 & isa::cr4::PAE)) return Bits32;
        return efer & isa::efer::LMA ? FourLevel : Pae;
    }
    bool write_protect() const { return cr0 & isa::cr0::WP; }
    bool no_execute() const { return (efer & isa::efer::NXE) && (cr4 & isa::cr4::PAE); }
    /// May supervisor mode not touch a page that user mode may? SDM 3A "Determination of Access
    /// Rights": SMEP for fetches, SMAP for data.
    bool user_pages_refuse(Access access) const {
        if (access.user || !(cr0 & isa::cr0::PG)) return false;
        if (access.fetch) return cr4 & isa::cr4::SMEP;
        return (cr4 & isa::cr4::SMAP) && (access.implicit || !alignment_check);
    }
    bool operator==(const PagingMode&) const = default;
};

/// One entry that the walk read. Without initial values: a walk has many and uses few.
struct WalkStep {
    u8 level;      ///< 4 … 1; the last is the leaf
    bool ept;      ///< an EPT entry
    u64 at_value;  ///< where the entry lies
    u64 entry;     ///< its value before accessed and dirty bits were set
    HostPhys at() const { return {at_value}; }
};

/// The result of a translation.
struct Walk {
    enum Outcome : u8 { Mapped, PageFault, EptViolation, EptMisconfiguration };
    Outcome outcome = Mapped;
    HostPhys physical;          ///< of the byte asked for
    GuestPhys guest_physical;   ///< the same before EPT
    u32 error_code = 0;         ///< #PF
    u64 ept_qualification = 0;  ///< of an EPT violation
    bool rw = false;            ///< R/W is 1 at every level (or there is no paging)
    bool ept_writable = true;  ///< a write needs nothing more from the EPT: neither right nor D bit
    bool user = false;         ///< U/S is 1 at every level (or there is no paging)
    bool dirty = false;        ///< the leaf's D bit is set (or there is no paging)
    bool global = false;
    u8 page_shift = 12;  ///< the guest's page has 2^page_shift bytes
    u8 step_count = 0;
    std::array<WalkStep, 24> steps;  ///< the first step_count are meant
};

/// Translates one linear address. Sets accessed and dirty bits as the CPU does (only when the
/// access is allowed).
Walk walk(Ram& ram, const PagingMode& mode, LinAddr linear, Access access);
/// The same without changing anything: looking is not reading.
Walk peek_walk(const Ram& ram, const PagingMode& mode, LinAddr linear, Access access);
/// Guest-physical to host-physical alone. With `eptp` 0 they are the same.
Walk walk_ept(const Ram& ram, u64 eptp, GuestPhys address, Access access);

}  // namespace ringside::mem
