// The guests, and whose turn it is.
#pragma once
#include "scenarios/vmms/paravirtual/domain.hpp"

namespace ringside::pv {

/// Guest k, for start_of_day(): whether or not it is alive.
Domain& domain_of_guest(u32 k);
/// The guest that is alive and has this number; null if there is none.
Domain* find_domain(DomainId id);
/// The one that has the CPU.
Domain& running();

/// A tick of the clock, with the registers that it interrupted.
void count_tick(const vmm::TrapFrame& frame);

/// Before every return from ring 0: lets the guest whose turn it is go on. If that is the one that
/// runs, comes back, and `frame` holds what it goes on with.
void go_on(vmm::TrapFrame& frame);
/// Gives the CPU to the first guest.
[[noreturn]] void start_guests();

/// The guest is no more; the others go on. With the last one the run ends, with the first value
/// that is not 0.
[[noreturn]] void end_domain(Domain&, u8 value);

}  // namespace ringside::pv
