// The 8254 interval timer: three counters, their ports, and the gate of the third at port B.
#pragma once
#include <array>
#include <optional>

#include "sim/dev/port_device.hpp"
#include "sim/dev/tick_clock.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// One counter of the 8254. Its count and output are functions of the tick: nothing is stepped.
/// Intel 8254 data sheet, "Mode Definitions".
class PitCounter {
  public:
    using Tick = i64;
    static constexpr Tick no_edge = INT64_MAX;

    void control(u8 mode, u8 access, bool bcd);
    void write(u8 byte, Tick now);
    u8 read(Tick now);
    void latch_count(Tick now);
    void latch_status(Tick now);
    void set_gate(bool level, Tick now);

    /// Brings the internal form up to `now`; the counter's behaviour does not change by it.
    void settle(Tick now);
    bool output(Tick now) const;
    /// The first tick after `now` at which the output changes, given that nothing is written.
    Tick next_edge(Tick now) const;
    /// The counting element, as a program would read it.
    u16 count(Tick now) const;
    bool gate() const { return gate_; }
    bool operator==(const PitCounter&) const = default;

  private:
    enum Mode : u8 {
        TerminalCount,
        OneShot,
        RateGenerator,
        SquareWave,
        SoftwareStrobe,
        HardwareStrobe
    };

    bool periodic() const { return mode_ == RateGenerator || mode_ == SquareWave; }
    bool triggered_by_gate() const { return mode_ == OneShot || mode_ == HardwareStrobe; }
    Tick elapsed(Tick now) const;
    Tick high_part() const { return (initial_ + 1) / 2; }
    Tick modulus() const;
    void load(u16 value, Tick now);
    void restart(Tick now);

    u8 mode_ = SquareWave, access_ = isa::pc::pit::access_word;
    bool bcd_ = false;
    bool gate_ = true;
    bool loaded_ = false;       // a count was written since the control word
    bool running_ = false;      // it counts, or will from `start_` on
    bool paused_ = false;       // the gate stops it
    bool before_start_ = true;  // the output until `start_`
    bool reload_low_ = false;   // the new count begins with the low half of the square wave
    bool write_high_ = false, read_high_ = false;  // the next byte is the high one
    u8 low_byte_ = 0;
    Tick start_ = 0;   // when the counting element held `initial_`
    Tick frozen_ = 0;  // ticks elapsed when it was paused
    Tick initial_ = 0;
    Tick reload_ = 0;  // a count that waits for the end of the (half) period; 0: none
    Tick reload_at_ = 0;
    std::optional<u16> latched_count_;
    std::optional<u8> latched_status_;
};

class Pit {
  public:
    explicit Pit(u64 cpu_hz) : clock_(cpu_hz, isa::pc::pit::hz) {}

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    /// The next edge of counter 0's output.
    Cycle next_event() const;

    /// Lets the counters reach `now`. Did the output of counter 0 change on the way?
    bool advance(Cycle now);
    bool output0() const { return counters_[0].output(tick_); }
    bool operator==(const Pit&) const = default;

  private:
    void control(u8 byte);

    TickClock clock_;
    PitCounter::Tick tick_ = 0;
    std::array<PitCounter, 3> counters_;
    u8 port_b_ = isa::pc::pit::gate2;
};

static_assert(PortDevice<Pit>);

}  // namespace ringside::dev
