// VMX operation, as the rest of the CPU sees it: which controls are on, what leaves the guest.
// SDM 3C "VMX Non-Root Operation".
#pragma once
#include "sim/cpu/delivery.hpp"
#include "sim/cpu/exec.hpp"

namespace ringside::cpu::vmx {

/// VMX instructions are #UD in real, virtual-8086 and compatibility mode.
inline bool instructions_exist(const State& s) {
    return s.protected_mode() && !s.v8086() && (!s.long_mode() || s.mode64());
}

// --- controls of the running guest (false outside non-root operation) ---
inline bool primary(const State& s, isa::ProcBased c) {
    return s.vmx.non_root && has(s.vmx.primary, bit(u8(c)));
}
inline bool secondary(const State& s, isa::ProcBased2 c) {
    return primary(s, isa::ProcBased::activate_secondary_controls) &&
           has(s.vmx.secondary, bit(u8(c)));
}
inline bool pin(const State& s, isa::PinBased c) {
    return s.vmx.non_root && has(s.vmx.pin, bit(u8(c)));
}
inline bool unrestricted(const State& s) {
    return secondary(s, isa::ProcBased2::unrestricted_guest);
}
inline bool invlpg_exits(const State& s) { return primary(s, isa::ProcBased::INVLPG_exiting); }
inline bool cr3_store_exits(const State& s) {
    return primary(s, isa::ProcBased::CR3_store_exiting);
}
/// Not for a value that is among the CR3-target values.
bool cr3_load_exits(const Exec& x, u64 value);
inline bool monitor_trap_flag(const State& s) {
    return primary(s, isa::ProcBased::monitor_trap_flag);
}
/// "NMI exiting" off, or "virtual NMIs" on: then an IRET ends blocking by NMI.
inline bool iret_unblocks_nmi(const State& s) {
    return !pin(s, isa::PinBased::NMI_exiting) || pin(s, isa::PinBased::virtual_NMIs);
}
/// Blocking by NMI as the guest (or the host) sees it.
inline bool& nmi_blocking(State& s) {
    return pin(s, isa::PinBased::virtual_NMIs) ? s.vmx.virtual_nmi_blocked : s.nmi_blocked;
}
/// At the start of an IRET. SDM 3C "Changes to Instruction Behavior in VMX Non-Root Operation".
void unblock_nmi(State& s);

/// The time-stamp counter as RDTSC reads it: scaled and offset in a guest for which that is on.
u64 guest_time_stamp(const Exec& x);

/// SDM 3C "Restrictions on VMX Operation": may CR0 have this value while in VMX operation?
bool cr0_allowed(const State& s, u64 value);

// --- control registers through masks and shadows ---
/// SDM 3C "Changes to Instruction Behavior in VMX Non-Root Operation": MOV from CR0, CR4, SMSW.
u64 read_cr0(const State& s);
u64 read_cr4(const State& s);
/// What a write of `value` does: leaves the guest, or sets the register to `value`.
struct ControlWrite {
    bool exits;
    u64 value;
};
ControlWrite write_cr0(const State& s, u64 value);
ControlWrite write_cr4(const State& s, u64 value);

/// SDM 3C "Exit Qualification for Control-Register Accesses".
enum class CrAccess : u8 { to_cr = 0, from_cr = 1, clts = 2, lmsw = 3 };
void exit_on_cr(Exec& x, u8 cr, CrAccess access, u8 general_register);
void exit_on_lmsw(Exec& x, u16 source, bool memory);

// --- bitmaps ---
bool io_exits(const State& s, const mem::Ram& ram, u16 port, unsigned width);
bool msr_exits(const State& s, const mem::Ram& ram, u32 index, bool write);

// --- instructions ---
/// Applies the row's exit rule before the body runs; true when the instruction left the guest.
bool exits_on(Exec& x, const decode::Insn& i);
/// What the exit qualification says of an instruction's memory operand.
u64 displacement_qualification(const Exec& x, const decode::Insn& i);
/// Exceptions: the exception bitmap. True when the event became a VM exit (already taken).
bool exits_on(Exec& x, const Delivery& event);

// --- events being delivered ---
void begin_vectoring(State& s, const Delivery& event);
void end_vectoring(State& s);

// --- leaving and entering ---
/// An instruction or the delivery of an event has ended in the guest: with the monitor trap flag an
/// exit is due now.
inline void reach_boundary(State& s) {
    if (monitor_trap_flag(s)) s.vmx.trap_pending = true;
}
/// SDM 3C "VM Exits".
void leave_guest(Exec& x, const Pending& exit);
/// SDM 3C "VM Entries": VMLAUNCH and VMRESUME, after the basic checks of the instruction.
void enter_guest(Exec& x, bool launch);

}  // namespace ringside::cpu::vmx
