// Converts CPU cycles to ticks of a slower crystal, exactly: rational arithmetic, no drift.
#pragma once
#include "sim/base/check.hpp"
#include "sim/base/types.hpp"

namespace ringside::dev {

/// Tick t begins at the first cycle c with c * tick_hz / cpu_hz >= t.
class TickClock {
  public:
    constexpr TickClock(u64 cpu_hz, u64 tick_hz) : cpu_hz_(cpu_hz), tick_hz_(tick_hz) {
        RINGSIDE_CHECK(cpu_hz > 0 && cpu_hz <= max_hz && tick_hz > 0 && tick_hz <= max_hz);
    }
    // Split into whole seconds and the rest, so that no product leaves 64 bits.
    constexpr u64 tick(Cycle now) const {
        return now / cpu_hz_ * tick_hz_ + now % cpu_hz_ * tick_hz_ / cpu_hz_;
    }
    constexpr Cycle cycle(u64 tick) const {
        return tick / tick_hz_ * cpu_hz_ + (tick % tick_hz_ * cpu_hz_ + tick_hz_ - 1) / tick_hz_;
    }
    constexpr bool operator==(const TickClock&) const = default;

  private:
    static constexpr u64 max_hz = u64{1} << 32;
    u64 cpu_hz_, tick_hz_;
};

}  // namespace ringside::dev
