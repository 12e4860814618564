// A guest's 8254 interval timer, for a VMM that cannot lend it the real one. Its clock is an
// argument: cycles of the timer's input, 1,193,182 a second, modulo 2^32. Intel 8254 data sheet.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

/// Ports 40h to 43h, and of port 61h what belongs to counter 2. Not modelled: gates of counters 0
/// and 1, and modes 1 and 5, which need them.
class VirtualPit {
  public:
    u8 in(u16 port, u32 now);
    void out(u16 port, u8 byte, u32 now);

    /// Has the output of counter 0, interrupt request line 0, risen since this was last asked?
    bool take_edge(u32 now) { return counters_[0].take_edge(now); }

    /// When it rises next, if it does.
    bool next_edge(u32 now, u32& at) const { return counters_[0].next_edge(now, at); }

  private:
    struct Counter {
        u8 mode = 0, access = 3;
        bool bcd = false, counting = false, one_shot_done = false;
        bool high_byte_next_in = false, high_byte_next_out = false;
        bool latched = false, status_latched = false;
        u8 low_byte = 0, status = 0;
        u16 latch = 0;
        u32 reload = 0x10000;
        u32 started = 0;

        bool periodic() const { return mode == 2 || mode == 3; }
        u32 count(u32 now) const;
        bool output(u32 now) const;
        bool take_edge(u32 now);
        bool next_edge(u32 now, u32& at) const;
        void write(u8 byte, u32 now);
        void load(u16 value, u32 now);
        u8 read(u32 now);
        void latch_count(u32 now);
        void latch_status(u32 now);
    };
    void control(u8 byte, u32 now);

    Counter counters_[3];
    u8 port_b_ = 0;
};

}  // namespace ringside::vmm
