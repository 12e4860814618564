// The VMMs' virtual timer beside the simulator's 8254, which it stands for.
#include "scenarios/vmms/common/virtual_pit.hpp"

#include <doctest/doctest.h>

#include <array>

#include "sim/dev/pit.hpp"
#include "tests/property/random.hpp"

using namespace ringside;
using namespace isa::pc;
using property::Random;

namespace {

/// The two timers; a cycle of the machine is one of the timer's input.
struct Timers {
    dev::Pit real{pit::hz};
    vmm::VirtualPit guests;
    u32 now = 1000;

    void out(u16 port, u8 byte) {
        real.out(port, byte, now);
        guests.out(port, byte, now);
    }
    void program(u8 mode, u8 access, bool bcd, u16 count) {
        out(port::pit_control, u8(mode << pit::mode_shift | access << pit::access_shift | bcd));
        if (access & pit::access_low) out(port::pit_counter0, u8(count));
        if (access & pit::access_high) out(port::pit_counter0, u8(count >> 8));
    }
    /// Where the output of counter 0 rises next, after `now`; 0: nowhere before `end`.
    u32 next_rise(u32 end) const {
        dev::Pit copy = real;
        while (copy.next_event() <= end) {
            const Cycle edge = copy.next_event();
            copy.advance(edge);
            if (copy.output0()) return u32(edge);
        }
        return 0;
    }
};

u32 from_bcd(u32 v) {
    return (v >> 12) * 1000 + (v >> 8 & 15) * 100 + (v >> 4 & 15) * 10 + (v & 15);
}

struct Programmed {
    u8 mode, access;
    bool bcd;
    u16 count;   ///< as it is written
    u32 period;  ///< what it means
};
Programmed any_program(Random& random) {
    constexpr std::array<u8, 4> modes{0, 2, 3, 4};
    Programmed p{};
    p.mode = modes[random.below(modes.size())];
    p.access = u8(1 + random.below(3));
    p.bcd = random.below(4) == 0;
    const u32 digits = random.below(9000) + 200;
    p.count = p.bcd ? u16(digits / 1000 << 12 | digits / 100 % 10 << 8 | digits / 10 % 10 << 4 |
                          digits % 10)
                    : u16(random.below(20) == 0 ? 0 : random.word() | 0x40);
    if (p.access == pit::access_low) p.count &= 0xff;
    if (p.access == pit::access_high) p.count &= 0xff00;
    p.period = p.bcd ? from_bcd(p.count) : p.count;
    if (p.period == 0) p.period = p.bcd ? 10000 : 0x10000;
    return p;
}

}  // namespace

TEST_CASE("a virtual timer interrupts when the real one does, and counts alike") {
    for (u64 seed = 1; seed <= 400; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        const Programmed p = any_program(random);
        CAPTURE(int(p.mode));
        CAPTURE(p.period);
        if (p.period < 16) continue;
        Timers timers;
        timers.program(p.mode, p.access, p.bcd, p.count);
        for (unsigned step = 0; step < 12; ++step) {
            const u32 from = timers.now, until = from + random.below(2 * p.period);
            const u32 rise = timers.next_rise(until + 2);
            timers.now = until;
            timers.real.advance(timers.now);
            u32 at = 0;
            const bool more = timers.guests.next_edge(timers.now, at);
            if (more) CHECK(at >= timers.now);
            const bool risen = timers.guests.take_edge(timers.now);
            // A tick more or less is allowed: the chip takes one to load its count.
            const bool clear = rise == 0 || (rise > from + 2 && rise + 2 < until);
            if (clear) CHECK(risen == (rise != 0));

            // Latched, read in halves or at once.
            timers.out(port::pit_control, 0);
            const bool both = p.access == pit::access_word;
            u32 real = 0, guests = 0;
            for (unsigned half = 0; half < (both ? 2u : 1u); ++half) {
                const unsigned shift = half || p.access == pit::access_high ? 8 : 0;
                real |= u32(timers.real.in(port::pit_counter0, timers.now)) << shift;
                guests |= u32(timers.guests.in(port::pit_counter0, timers.now)) << shift;
            }
            if (!both) continue;  // half of a count tells little
            if (p.bcd) real = from_bcd(real), guests = from_bcd(guests);
            const u32 around = p.mode == 2 || p.mode == 3 ? p.period : p.bcd ? 10000 : 0x10000;
            const u32 apart = (guests + 2 * around - real) % around;
            CHECK_MESSAGE((apart <= 4 || apart >= around - 4), "real ", real, ", guest's ", guests);
        }
    }
}

TEST_CASE("a virtual timer's read-back tells mode, output and whether a count is there") {
    Timers timers;
    constexpr u8 status_of_0 = 0xe2;  // read-back, no count, counter 0
    timers.out(port::pit_control, 0x34);
    for (const u8 byte : {0, 0x10, 0x27}) {
        if (byte) timers.out(port::pit_counter0, byte);
        timers.now += 5;
        timers.out(port::pit_control, status_of_0);
        CHECK(timers.guests.in(port::pit_counter0, timers.now) ==
              timers.real.in(port::pit_counter0, timers.now));
    }
}

TEST_CASE("counter 2 of a virtual timer is seen at port B") {
    Timers timers;
    timers.out(port::port_b, pit::gate2);
    timers.out(port::pit_control, 0xb0);  // counter 2, mode 0
    timers.out(port::pit_counter2, 0x00);
    timers.out(port::pit_counter2, 0x01);
    constexpr u8 seen = pit::out2 | pit::gate2 | pit::speaker;
    for (const u32 later : {100u, 300u}) {
        timers.now += later;
        CHECK((timers.guests.in(port::port_b, timers.now) & seen) ==
              (timers.real.in(port::port_b, timers.now) & seen));
    }
}
