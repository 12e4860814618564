// The VMM's words that translated code itself reads and writes, through GS: the virtual IF, spilled
// registers, the table of indirect targets. All else of the VMM is out of its reach.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

struct CacheData {
    u32 interrupts_on;      ///< the virtual IF: 0 or 1
    u32 interrupt_pending;  ///< the virtual interrupt controller has a request
    u32 spilled_eax;        ///< guest registers that a translation borrowed
    u32 spilled_ecx;
    u32 popped_if;        ///< what the POPF under way will make of the virtual IF
    u32 target;           ///< where an indirect branch goes: guest address...
    u32 target_in_cache;  ///< ...and its translation
    u32 guest_cs;         ///< the real selectors behind the guest's CS, FS and GS
    u32 guest_fs;
    u32 guest_gs;

    u32 post_code;  ///< port 0x80 of the guest's board

    u32 control[5];  ///< virtual CR0 to CR4
    u32 shown[6];    ///< the guest's selectors in ES CS SS DS FS GS, and in LDTR and TR
    u32 ldtr, tr;

    u32 iopl;  ///< the virtual IOPL that the next two tables are for

    /// By bits 8 to 15 of what POPF pops: the new IF, or popf_rare for what only the VMM can do.
    u8 popf_class[256];
    /// By the virtual IF and bits 8 to 15 of the real EFLAGS: those bits as PUSHF must show them.
    u8 pushf_image[2][256];

    /// Indirect targets by the low byte of the guest address: its negative, and its translation.
    /// Negated, because adding (LEA) and JECXZ compare without touching the guest's flags.
    u32 lookup_negated[256];
    u32 lookup_translation[256];
};

inline constexpr u8 popf_rare = 2;

/// Its name in the program's symbols is what the probe point bt.lookup.hit says.
extern CacheData cache_data asm("bt_cache_data");

/// Makes the tables for the flags right for this virtual IOPL.
void prepare_flag_tables(unsigned iopl);

/// Forgets the indirect targets: the next one comes to the VMM.
void forget_indirect_targets();
void forget_indirect_target(u32 guest_eip);
void remember_indirect_target(u32 guest_eip, u32 translation);

}  // namespace ringside::vmm
