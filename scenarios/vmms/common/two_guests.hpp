// One guest or two on the real machine, for the VMMs that run them at ring 1. Each guest has the
// VMM for itself: one program, but everything that it writes to exists twice, at the same linear
// address. So nothing of the VMM but this file knows that there are two.
//
//   linear address                          world of guest 0        world of guest 1
//   FFFFFFFF +---------------------------+
//            | all of host memory        |  the same                the same
//   FCC00000 +---------------------------+
//            | the VMM's data: guest,    |  at host-physical        at host-physical
//            | stack, page directory and |  00800000                00C00000
//            | tables, GDT, LDT, IDT     |
//   FC800000 +---------------------------+
//            | all of host memory: the   |  the same                the same
//            | VMM's program, and struct |
//            | Shared                    |
//   FC000000 +---------------------------+
//            | the guest                 |  at 01000000             at 02000000,
//   00000000 +---------------------------+                          each by its shadow page tables
//
//   A turn ends:                                       and goes on, when it is this world's again:
//   at a tick of the VMM's clock  -> world_switch() -> on_real_interrupt() returns
//   when the guest halts          -> world_switch() -> wait_for_interrupt() returns
//   with the guest                -> world_switch()    never
//
// Guest k's COM1 is the real COM(k+1), and each has a virtual timer, behind which is the VMM's
// clock. A guest that is alone has the real timer, and the VMM no clock; so it has no watchdog,
// unless the option asks for one: it could harm nobody.
//
// Option: watchdog=N, in ticks of a millisecond (watchdog.hpp); 0 for none.
#pragma once
#include "scenarios/vmms/common/loader.hpp"
#include "scenarios/vmms/common/surroundings.hpp"

namespace ringside::vmm {

/// Makes a world for each of the guests that the boot loader brought, and begins in the first.
/// Passes the probe point vmm.ready.
[[noreturn]] void run_guests(u32 magic, u32 boot_info);

/// Each technique defines it: what is done first in each guest's world.
[[noreturn]] void begin_guest();
/// There: the guest gets its memory, loaded by now, and its board. Passes the probe point
/// guest.start.
const LoadedGuest& prepare(Guest& guest);

}  // namespace ringside::vmm
