// The VMM's own clock, where guests have virtual timers: counter 0 of the real one, a tick each
// millisecond.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

class HostClock {
  public:
    static constexpr u32 period = 1193;  ///< of the timer's input cycles

    /// Programs the timer and lets its interrupts through.
    void start();
    /// Its interrupt arrived.
    void tick() { base_ += period; }
    /// Input cycles since the start, modulo 2^32. Never goes back.
    u32 now();

  private:
    u32 base_ = 0, last_ = 0;
};

}  // namespace ringside::vmm
