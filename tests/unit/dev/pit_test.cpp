// The 8254 against its data sheet, and its clock against exact arithmetic.
#include <doctest/doctest.h>

#include <string>

#include "sim/dev/pit.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace pit = ringside::isa::pc::pit;
using namespace ringside::isa::pc::port;

namespace {
enum : u8 { Mode0, Mode1, Mode2, Mode3, Mode4, Mode5 };

PitCounter counter(u8 mode, u16 value, PitCounter::Tick now = 0) {
    PitCounter c;
    c.control(mode, pit::access_word, false);
    c.write(u8(value), now);
    c.write(u8(value >> 8), now);
    return c;
}
/// The output at ticks 0, 1, 2, … as text; the count written at tick 0 is loaded at tick 1.
std::string waveform(PitCounter c, int ticks) {
    std::string out;
    for (int t = 0; t < ticks; ++t) {
        c.settle(t);
        out += c.output(t) ? '-' : '_';
    }
    return out;
}
u8 control(u8 number, u8 access, u8 mode) {
    return u8(number << pit::counter_shift | access << pit::access_shift | mode << pit::mode_shift);
}
}  // namespace

TEST_CASE("the output follows the mode's waveform") {
    struct Row {
        u8 mode;
        u16 count;
        const char* wave;
    };
    const Row rows[] = {
        {Mode0, 4, "_____--------"},   // low until the terminal count, then high for good
        {Mode1, 4, "-------------"},   // waits for its gate
        {Mode2, 3, "---_--_--_--_"},   // low for the last tick of each period
        {Mode3, 4, "---__--__--__"},   // half and half
        {Mode3, 5, "----__---__---"},  // an odd count is high one tick longer
        {Mode4, 4, "-----_-------"},   // one low tick
        {Mode5, 4, "-------------"},   // waits for its gate
    };
    for (const Row& row : rows) {
        CAPTURE(int(row.mode));
        CAPTURE(row.count);
        CHECK(waveform(counter(row.mode, row.count), int(std::string(row.wave).size())) ==
              row.wave);
    }
}

TEST_CASE("next_edge names exactly the ticks at which the output changes") {
    for (u8 mode : {Mode0, Mode1, Mode2, Mode3, Mode4, Mode5})
        for (u16 count : {1, 2, 3, 4, 7, 10}) {
            CAPTURE(int(mode));
            CAPTURE(count);
            PitCounter c = counter(mode, count);
            PitCounter::Tick expected = c.next_edge(0);
            bool before = c.output(0);
            for (PitCounter::Tick t = 1; t < 60; ++t) {
                CAPTURE(t);
                c.settle(t);
                CHECK((before != c.output(t)) == (expected == t));
                if (expected == t) expected = c.next_edge(t);
                before = c.output(t);
            }
        }
}

TEST_CASE("the gate triggers modes 1 and 5 and holds modes 0, 2, 3 and 4") {
    SUBCASE("one-shot") {
        PitCounter c = counter(Mode1, 3);
        c.set_gate(false, 1);
        c.set_gate(true, 5);
        CHECK(waveform(c, 12) == "------___---");
    }
    SUBCASE("hardware strobe") {
        PitCounter c = counter(Mode5, 3);
        c.set_gate(false, 1);
        c.set_gate(true, 5);
        CHECK(waveform(c, 12) == "---------_--");
    }
    SUBCASE("terminal count is held for as long as the gate is low") {
        PitCounter c = counter(Mode0, 4);
        c.set_gate(false, 2);
        CHECK(c.count(50) == 3);
        c.set_gate(true, 100);
        CHECK(!c.output(102));
        CHECK(c.output(103));
    }
    SUBCASE("the rate generator is high while held and starts anew") {
        PitCounter c = counter(Mode2, 3);
        c.set_gate(false, 3);
        CHECK(c.output(3));
        c.set_gate(true, 10);
        CHECK(c.output(12));
        CHECK(!c.output(13));
    }
}

TEST_CASE("a new count takes over at the end of the period, or of the half of a square wave") {
    SUBCASE("mode 2") {
        PitCounter c = counter(Mode2, 4);
        c.write(2, 3);
        c.write(0, 3);
        CHECK(waveform(c, 12) == "----_-_-_-_-");
    }
    SUBCASE("mode 3, written in the high half") {
        PitCounter c = counter(Mode3, 8);
        c.write(4, 2);
        c.write(0, 2);
        // 1..4 high (old), then low for the new half 2.
        CHECK(waveform(c, 14) == "-----__--__--_");
    }
    SUBCASE("mode 3, written in the low half") {
        PitCounter c = counter(Mode3, 8);
        c.write(4, 6);
        c.write(0, 6);
        c.settle(9);
        CHECK(c.output(9));
        CHECK(c.output(10));
        CHECK(!c.output(11));
    }
}

TEST_CASE("the count reads down as the mode counts") {
    struct Row {
        u8 mode;
        u16 count;
        PitCounter::Tick tick;
        u16 value;
    };
    const Row rows[] = {
        {Mode0, 100, 1, 100},      {Mode0, 100, 11, 90}, {Mode0, 100, 101, 0},
        {Mode0, 100, 102, 0xffff}, {Mode2, 100, 1, 100}, {Mode2, 100, 100, 1},
        {Mode2, 100, 101, 100},    {Mode3, 100, 2, 98},  {Mode3, 100, 50, 2},
        {Mode3, 100, 51, 100},     {Mode3, 101, 1, 100}, {Mode3, 101, 51, 0},
        {Mode3, 101, 52, 100},     {Mode2, 0, 1, 0},     {Mode2, 0, 2, 0xffff},
    };
    for (const Row& row : rows) {
        CAPTURE(int(row.mode));
        CAPTURE(row.tick);
        PitCounter c = counter(row.mode, row.count);
        c.settle(row.tick);
        CHECK(c.count(row.tick) == row.value);
    }
}

TEST_CASE("a latched count stays until both bytes are read") {
    PitCounter c = counter(Mode2, 0x1234);
    c.latch_count(1);
    CHECK(c.read(500) == 0x34);
    c.latch_count(600);  // ignored: the latch is full
    CHECK(c.read(700) == 0x12);
    c.latch_count(2);
    CHECK(c.read(2) == 0x33);
}

TEST_CASE("binary-coded counts count in decimal") {
    PitCounter c;
    c.control(Mode0, pit::access_word, true);
    c.write(0x00, 0);
    c.write(0x10, 0);  // 1000
    CHECK(c.count(2) == 0x0999);
    CHECK(!c.output(1000));
    CHECK(c.output(1001));
}

TEST_CASE("read-back gives status first, then the count") {
    Pit p(1'193'182);  // one tick a cycle
    p.out(pit_control, control(0, pit::access_low, Mode2), 0);
    p.out(pit_control, u8(pit::read_back << pit::counter_shift | pit::keep_count | 2), 0);
    CHECK(p.in(pit_counter0, 0) ==
          (pit::status_out | pit::status_null_count | pit::access_low << pit::access_shift |
           Mode2 << pit::mode_shift));
    p.out(pit_counter0, 200, 0);
    p.out(pit_control, u8(pit::read_back << pit::counter_shift | 2), 11);
    CHECK(p.in(pit_counter0, 50) ==
          (pit::status_out | pit::access_low << pit::access_shift | Mode2 << pit::mode_shift));
    CHECK(p.in(pit_counter0, 60) == 190);
}

TEST_CASE("port B gates counter 2 and shows its output") {
    Pit p(1'193'182);
    p.out(port_b, 0, 0);
    p.out(pit_control, control(2, pit::access_word, Mode0), 0);
    p.out(pit_counter2, 10, 0);
    p.out(pit_counter2, 0, 0);
    CHECK((p.in(port_b, 1000) & pit::out2) == 0);
    p.out(port_b, pit::gate2, 1000);
    CHECK((p.in(port_b, 1009) & pit::out2) == 0);
    CHECK((p.in(port_b, 1010) & pit::out2) != 0);
    CHECK((p.peek(port_b, 1010) & pit::gate2) != 0);
}

TEST_CASE("a million periods do not drift by a cycle") {
    for (u64 hz :
         {100'000'000ull, 33'333'333ull, 1'193'182ull, 2'400'000'001ull, 4'294'967'296ull}) {
        CAPTURE(hz);
        const u32 reload = 11932;
        Pit p(hz);
        p.out(pit_control, control(0, pit::access_word, Mode2), 0);
        p.out(pit_counter0, u8(reload), 0);
        p.out(pit_counter0, u8(reload >> 8), 0);
        u64 rises = 0;
        Cycle now = 0;
        bool wrong = false;
        while (rises < 1'000'000) {
            now = p.next_event();
            p.advance(now);
            if (!p.output0()) continue;
            ++rises;
            // Tick 1 + n * reload begins at the first cycle that is not before it.
            __extension__ using Wide = unsigned __int128;
            const Wide ticks = 1 + Wide(rises) * reload;
            wrong |= now != u64((ticks * hz + pit::hz - 1) / pit::hz);
        }
        CHECK(!wrong);
    }
}

TEST_CASE("cycles and ticks are each other's inverse at the edges") {
    for (u64 hz : {1'000'000ull, 1'193'182ull, 100'000'000ull, 3'999'999'999ull}) {
        const TickClock clock(hz, pit::hz);
        for (u64 t : {0ull, 1ull, 2ull, 1193181ull, 1193182ull, 1193183ull, 123456789012ull}) {
            CAPTURE(t);
            const Cycle begin = clock.cycle(t);
            CHECK(clock.tick(begin) >= t);
            if (begin) CHECK(clock.tick(begin - 1) < t);
        }
    }
}
