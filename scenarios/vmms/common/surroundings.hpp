// What a VMM of ring 1 wants of the machine around its guest, beside ports (virtual_board.hpp).
// There are two machines: the real one, with another guest on it perhaps (two_guests.cpp), and a
// host (hosted-binary-translation/peer.cpp).
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

struct Guest;
struct TrapFrame;

/// A real interrupt has entered the VMM with these registers, which are the guest's, or the VMM's
/// own while it waits. Time may pass before this returns, and what came for the guest is in its
/// interrupt controller then. Does not return to a guest that the watchdog stops.
void on_real_interrupt(Guest& guest, const TrapFrame& frame);
/// The VMM wants to be woken when the time-stamp counter has come to `when`, whoever runs then: by
/// a real interrupt, or a little late by one that comes anyway.
void wake_by(u64 when);
/// The guest halts: lets time pass until something may have come for it.
void wait_for_interrupt(Guest& guest);
/// The guest has written `value` to its debug exit.
void exit_guest(Guest& guest, u32 value);

}  // namespace ringside::vmm
