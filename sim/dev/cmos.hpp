// The real-time clock and its battery-backed memory: ports 70h and 71h, IRQ 8.
#pragma once
#include <array>

#include "sim/dev/port_device.hpp"
#include "sim/dev/tick_clock.hpp"
#include "sim/isa/cmos.hpp"

namespace ringside::dev {

/// Motorola MC146818A data sheet. Its clock is the simulated time; the host's is never asked.
/// Not modelled: the square wave output and daylight saving.
class Cmos {
  public:
    /// `start`: the time at cycle 0, in seconds since 1 January 1970. `ram_bytes`: what the memory
    /// size bytes tell.
    Cmos(u64 cpu_hz, i64 start, u64 ram_bytes, bool has_disk);

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    /// The next of the interrupts that are enabled.
    Cycle next_event() const;

    void advance(Cycle now);
    bool interrupt() const { return flags_ & registers_[isa::cmos::register_b] & enables; }
    /// Seconds since 1 January 1970 as the clock has them now.
    i64 time() const { return time_at(tick_); }
    u8 ram(u8 index) const { return registers_[index]; }
    bool operator==(const Cmos&) const = default;

  private:
    using Tick = i64;  // of the crystal
    static constexpr u8 enables =
        isa::cmos::b::periodic | isa::cmos::b::alarm | isa::cmos::b::update;
    static constexpr Tick second = isa::cmos::crystal_hz;

    bool b(u8 bit) const { return registers_[isa::cmos::register_b] & bit; }
    bool runs() const;
    i64 time_at(Tick tick) const;
    Tick next_second(Tick tick) const;
    Tick period() const;
    u8 read(u8 index, Tick tick) const;
    u8 field(u8 index, i64 time) const;
    u8 encode(unsigned value) const;
    unsigned decode(u8 byte) const;
    u8 encode_hour(unsigned hour) const;
    unsigned decode_hour(u8 byte) const;
    bool alarm_matches(i64 time) const;
    void write(u8 index, u8 byte);
    void write_control(u8 index, u8 byte);
    void hold();
    void release(Tick next_update);
    void put_word(u8 index, u64 value);
    void put_checksum();

    TickClock clock_;
    Tick tick_ = 0;
    i64 base_time_;       // the time at
    Tick base_tick_ = 0;  // this tick
    u8 index_ = 0;
    u8 flags_ = 0;                                  // register C without its sum
    std::array<u8, isa::cmos::bytes> registers_{};  // time registers: only while they are held
};

static_assert(PortDevice<Cmos>);

}  // namespace ringside::dev
