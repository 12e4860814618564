// The registers as traps.S saves them when a trap, fault or interrupt enters the VMM, and loads
// them to go back.
#pragma once
#include "scenarios/vmms/common/natural.hpp"

namespace ringside::vmm {

struct TrapFrame {
    u16 gs, gs_high, fs, fs_high, es, es_high, ds, ds_high;  // the high halves hold nothing
    u32 edi, esi, ebp, unused_esp, ebx, edx, ecx, eax;       // as PUSHA leaves them
    u32 vector;
    u32 error_code;  ///< 0 for vectors without one
    u32 eip;
    u16 cs, cs_high;
    u32 eflags;
    u32 esp;  ///< this and SS only if the CPU came from an outer ring: see from_guest()
    u16 ss, ss_high;

    u8 cpl() const { return cs & 3; }
    /// Or was the VMM itself interrupted, while it waited for an interrupt?
    bool from_guest() const { return cpl() != 0; }
    /// Register n in the order of instruction encodings: EAX ECX EDX EBX ESP EBP ESI EDI.
    u32& general(unsigned n) {
        u32* const where[] = {&eax, &ecx, &edx, &ebx, &esp, &ebp, &esi, &edi};
        return *where[n];
    }
    /// Register n in the order of instruction encodings: ES CS SS DS FS GS.
    u16& segment(unsigned n) {
        u16* const where[] = {&es, &cs, &ss, &ds, &fs, &gs};
        return *where[n];
    }
};
static_assert(sizeof(TrapFrame) == 76);

/// What long_mode/traps.S saves, in a VMM of 64-bit mode: those registers that a function may
/// change.
struct LongTrapFrame {
    u64 r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax;
    u64 vector;
    u64 error_code;  ///< 0 for vectors without one
    u64 eip, cs, eflags, esp, ss;
};

/// SYSENTER enters like a trap, through this vector. (The CPU has 256.)
inline constexpr u32 sysenter_vector = 256;

/// Each technique defines it: called with the guest's registers; the guest goes on as the frame
/// says on return.
using VmmTrapFrame = ByMode<LongTrapFrame, TrapFrame>;
extern "C" void vmm_on_trap(VmmTrapFrame& frame);
/// Loads all registers from the frame and goes there.
extern "C" [[noreturn]] void vmm_enter(const TrapFrame& frame);

}  // namespace ringside::vmm
