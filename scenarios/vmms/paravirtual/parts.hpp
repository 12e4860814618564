// What the files of this VMM do for each other.
#pragma once
#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {
using vmm::TrapFrame;

// ---- start_of_day.cpp
/// Makes `domain` from a loaded guest, with the registers that it starts with. Stops the VMM with a
/// sentence if the guest is not a paravirtual one.
void start_of_day(Domain& domain, const vmm::LoadedGuest& loaded);

// ---- hypercalls.cpp
void on_hypercall(Domain&, TrapFrame&);     ///< does what the guest's registers ask for
void write_hypercall_page(u8* page);        ///< fills it with 128 stubs of 32 bytes
void set_task_switched(Domain&, bool set);  ///< CR0.TS, as the guest that runs has asked for it

/// One function a hypercall, in the file of its subject. Arguments are in the frame's EBX ECX EDX
/// ESI EDI; the result goes to EAX.
using HypercallFunction = i32(Domain&, TrapFrame&);
HypercallFunction mmu_update, mmuext_op, update_va_mapping;            // paging.cpp
HypercallFunction set_gdt, update_descriptor;                          // segments.cpp
HypercallFunction set_trap_table, set_callbacks, stack_switch, iret;   // traps.cpp
HypercallFunction event_channel_op, set_timer_op;                      // events.cpp
HypercallFunction sched_op;                                            // schedule.cpp
HypercallFunction fpu_taskswitch, xen_version, console_io, multicall;  // hypercalls.cpp

/// For a call that takes too long for one entry: the guest's next instruction is the 2-byte INT
/// 0x82 again, and its registers say what is left to do.
inline i32 continue_later(TrapFrame& frame, Hypercall number) {
    frame.eip -= 2;
    return i32(number);
}

// ---- paging.cpp
/// Copy between the VMM and the guest's linear addresses. False: -EFAULT; a part may have been
/// copied.
bool copy_from_guest(const Domain&, void* to, u32 linear, u32 bytes);
bool copy_to_guest(const Domain&, u32 linear, const void* from, u32 bytes);
template <class T>
bool read_guest(const Domain& domain, T& value, u32 linear) {
    return copy_from_guest(domain, &value, linear, sizeof value);
}
template <class T>
bool write_guest(const Domain& domain, u32 linear, const T& value) {
    return copy_to_guest(domain, linear, &value, sizeof value);
}
i32 use_directory(Domain&, u32 frame);  ///< CR3 := another of the guest's, if it is a valid one

// ---- segments.cpp
bool segments_allowed(const u64* page);  ///< are all of its descriptors harmless?
bool can_be_handler(Callback);           ///< may the guest's handlers be there?
void install_flat_segments();            ///< at the top of the GDT, there from the start
void load_gdt(const Domain&);            ///< its part takes the place of whosever was there
bool can_return_to(const TrapFrame&);    ///< would IRET succeed? It would fault in ring 0
/// Data segments that cannot be loaded before it become null. True if there were any.
bool clear_bad_data_segments(TrapFrame&);

// ---- traps.cpp
/// Any exception, or an INT n through a gate that the guest may not use.
void on_exception(Domain&, TrapFrame&);
/// Makes the guest go on in its kernel at `handler`, with `words` and, above them, what an
/// interrupt through a gate would leave on the stack of ring 1. `mask_events`: as such a gate
/// clears IF.
void enter_handler(Domain&, TrapFrame&, Callback handler, const u32* words, u32 count,
                   bool mask_events);
/// Before each return to the guest: registers that the CPU would refuse are the guest's business.
void make_returnable(Domain&, TrapFrame&);
/// Puts the guest's ways from ring 3 to ring 1 without the VMM in force: a gate and its stack.
void set_direct_ways(const Domain&);

// ---- privileged.cpp
/// After #GP in the guest's kernel: does the instruction at EIP, if it is one of those.
bool emulate_privileged(Domain&, TrapFrame&);

// ---- events.cpp
void on_hardware_interrupt(TrapFrame&);  ///< time goes on, and a guest's timer may be due
/// Calls the guest's event handler if events are pending and not held back.
void deliver_events(Domain&, TrapFrame&);
void close_channels(Domain&);  ///< the other ends wait for somebody new

// ---- schedule.cpp
Domain& domain_of_guest(u32 k);     ///< for start_of_day(): whether or not it is alive
Domain* find_domain(DomainId id);   ///< null if no guest of this number is alive
Domain& running();                  ///< the one that has the CPU
void count_tick(const TrapFrame&);  ///< of the clock, with the registers that it interrupted
[[noreturn]] void start_guests();   ///< gives the CPU to the first
/// Before every return from ring 0: lets the guest whose turn it is go on. If that is the one that
/// runs, comes back, and the frame holds what it goes on with.
void go_on(TrapFrame&);
/// The guest is no more; the others go on. With the last one the run ends, with the first value
/// that is not 0.
[[noreturn]] void end_domain(Domain&, u8 value);
/// The guest did what Xen ends a domain for. Says so on the guest's line.
[[noreturn]] void crash_domain(Domain&, const TrapFrame&, const char* why);

}  // namespace ringside::pv
