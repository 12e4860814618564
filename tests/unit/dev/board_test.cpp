// The board as a value: routing, wires, copies, and what looking must not do.
#include <doctest/doctest.h>

#include <random>

#include "sim/dev/board.hpp"

using namespace ringside;
using namespace ringside::dev;
using namespace ringside::isa::pc;

namespace {
constexpr u64 hz = 100'000'000;

void initialize_pics(Board& b) {
    for (u16 command : {port::pic1_command, port::pic2_command}) {
        const bool first = command == port::pic1_command;
        const u16 data = u16(command + 1);
        b.out(command, 1, pic::icw1 | pic::icw1_icw4, 0);
        b.out(data, 1, first ? 0x20 : 0x28, 0);
        b.out(data, 1, first ? 1 << irq::cascade : irq::cascade, 0);
        b.out(data, 1, pic::icw4_8086, 0);
    }
}
void start_timer(Board& b, u16 reload, u8 mode, Cycle now = 0) {
    b.out(port::pit_control, 1,
          u32(pit::access_word << pit::access_shift | mode << pit::mode_shift), now);
    b.out(port::pit_counter0, 1, reload & 0xff, now);
    b.out(port::pit_counter0, 1, reload >> 8, now);
}

/// One random act on a board; the same seed and time give the same act.
struct Act {
    u16 port;
    unsigned bytes;
    u32 value;
    enum { In, Out, Advance, Acknowledge } what;
};
Act random_act(std::mt19937& random) {
    static constexpr u16 known[] = {0x20,  0x21,  0xa0,  0xa1,  0x40,  0x41, 0x42,  0x43,
                                    0x61,  0x64,  0x80,  0x92,  0xe9,  0xf4, 0x3f8, 0x3f9,
                                    0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x3ff};
    const u16 port = random() % 8 ? known[random() % std::size(known)] : u16(random());
    return {port, 1u << random() % 3, u32(random()), decltype(Act::what)(random() % 4)};
}
u32 perform(Board& b, const Act& act, Cycle now) {
    switch (act.what) {
        case Act::In: return b.in(act.port, act.bytes, now);
        case Act::Out: b.out(act.port, act.bytes, act.value, now); return 0;
        case Act::Advance: b.advance(now); return u32(b.next_event());
        case Act::Acknowledge: return b.interrupt_pending() ? b.acknowledge(now) : 0;
    }
    return 0;
}
}  // namespace

TEST_CASE("a port without a device reads as ones and ignores writes") {
    Board b(hz);
    const Board before = b;
    for (u16 port : {0x0000, 0x0100, 0x1234, 0x03f0, 0x0400}) {
        CAPTURE(port);
        CHECK(!Board::decodes(port));
        CHECK(b.in(port, 1, 0) == 0xff);
        CHECK(b.in(port, 2, 0) == 0xffff);
        b.out(port, 1, 0x55, 0);
    }
    CHECK(b.in(0x1234, 4, 0) == 0xffffffff);
    CHECK(b == before);
    for (u16 port : {0x20, 0xa1, 0x40, 0x43, 0x61, 0x64, 0x80, 0x92, 0xe9, 0xf4, 0x3f8, 0x3ff}) {
        CAPTURE(port);
        CHECK(Board::decodes(port));
    }
}

TEST_CASE("the debug exit keeps the first value written, of any width") {
    struct Row {
        unsigned bytes;
        u32 written, kept;
    };
    for (const Row& row :
         {Row{1, 0x1234ff21, 0x21}, Row{2, 0x1234ff21, 0xff21}, Row{4, 0x1234ff21, 0x1234ff21}}) {
        Board b(hz);
        CHECK(!b.debug_exit());
        b.out(port::debug_exit, row.bytes, row.written, 0);
        CHECK(b.debug_exit() == row.kept);
        b.out(port::debug_exit, 1, 0, 1);
        CHECK(b.debug_exit() == row.kept);
    }
}

TEST_CASE("serial, console and POST writes go to their own places") {
    Board b(hz);
    for (char c : std::string("com")) b.out(port::com1, 1, u8(c), 0);
    for (char c : std::string("e9")) b.out(port::debug_console, 1, u8(c), 0);
    b.out(port::post_code, 1, 0xab, 0);
    CHECK(b.serial_output() == "com");
    CHECK(b.console_output() == "e9");
    CHECK(b.in(port::debug_console, 1, 0) == port::debug_console);
    CHECK(b.post_code() == 0xab);
    CHECK(!b.reset_requested());
    b.out(port::keyboard_command, 1, keyboard_pulse_reset, 0);
    CHECK(b.reset_requested());
}

TEST_CASE("the timer interrupts once a period on line 0") {
    for (u8 mode : {u8(2), u8(3)}) {
        CAPTURE(int(mode));
        Board b(hz);
        initialize_pics(b);
        start_timer(b, 1000, mode);
        unsigned interrupts = 0;
        for (Cycle now = b.next_event(); now < hz / 10; now = b.next_event()) {
            b.advance(now);
            if (!b.interrupt_pending()) continue;
            CHECK(b.acknowledge(now) == 0x20);
            b.out(port::pic1_command, 1, pic::end_of_interrupt, now);
            ++interrupts;
        }
        CHECK(interrupts == 119);  // 1193182 / 1000 / 10
    }
}

TEST_CASE("an edge long passed is not forgotten when the board is advanced at once") {
    Board b(hz);
    initialize_pics(b);
    start_timer(b, 1000, 2);
    b.advance(hz);
    CHECK(b.interrupt_pending());
}

TEST_CASE("serial input interrupts on line 4") {
    Board b(hz);
    initialize_pics(b);
    b.out(port::com1 + uart::mcr, 1, uart::mcr_out2, 0);
    b.out(port::com1 + uart::ier, 1, uart::ier_received, 0);
    b.expect_serial_input({{500, 'k'}});
    CHECK(b.next_event() == 500);
    b.advance(499);
    CHECK(!b.interrupt_pending());
    b.advance(500);
    CHECK(b.interrupt_pending());
    CHECK(b.acknowledge(500) == 0x24);
    CHECK(b.in(port::com1, 1, 510) == 'k');
}

TEST_CASE("the second serial port has ports, a line and an output of its own") {
    Board b(hz);
    initialize_pics(b);
    for (char c : std::string("one")) b.out(port::com1, 1, u8(c), 0);
    for (char c : std::string("two!")) b.out(port::com2, 1, u8(c), 0);
    CHECK(b.serial_log(0).text() == "one");
    CHECK(b.serial_log(1).text() == "two!");
    CHECK(!b.interrupt_pending());
    b.out(port::com2 + uart::mcr, 1, uart::mcr_out2, 10);
    b.out(port::com2 + uart::ier, 1, uart::ier_empty, 10);
    b.advance(11);
    CHECK(b.interrupt_pending());
    CHECK(b.acknowledge(11) == 0x23);
    CHECK(b.in(port::com1 + uart::ier, 1, 11) == 0);
}

TEST_CASE("a wide access is split into bytes") {
    Board b(hz);
    b.out(port::com1 + uart::mcr, 1, 0x0b, 0);
    b.out(port::com1 + uart::lcr, 2, 0x0a1b, 0);
    CHECK(b.in(port::com1 + uart::lcr, 2, 0) == 0x0a1b);
    CHECK(b.in(port::com1 + uart::scratch, 2, 0) == 0xff00);  // the second byte is nobody's
}

TEST_CASE("one step to a time equals many steps to it") {
    Board once(hz), stepped(hz);
    for (Board* b : {&once, &stepped}) {
        initialize_pics(*b);
        start_timer(*b, 777, 3);
        b->expect_serial_input({{1000, 'a'}, {250'000, 'b'}});
    }
    for (Cycle now = 0; now <= 300'000; now += 13) stepped.advance(now);
    stepped.advance(300'000);
    once.advance(300'000);
    CHECK(once == stepped);
    CHECK(once.next_event() == stepped.next_event());
}

TEST_CASE(
    "random port traffic: equal boards stay equal, a copy ends like the original, peek is blind") {
    for (u32 seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Board a(hz), b(hz);
        a.expect_serial_input({{1000, 1}, {50'000, 2}, {90'000, 3}});
        b.expect_serial_input({{1000, 1}, {50'000, 2}, {90'000, 3}});
        Cycle now = 0;
        std::optional<Board> copy;
        for (int i = 0; i < 1500; ++i) {
            now += random() % 300;
            if (i == 700) copy = a;
            const Act act = random_act(random);
            if (i % 16 == 0) {
                const Board before = a;
                const u32 peeked = a.peek(act.port, act.bytes, now);
                REQUIRE(a == before);
                if (act.what == Act::In) {
                    Board reader = a;
                    // A port pair that is changed by its own first byte may read on differently.
                    if (act.bytes == 1) REQUIRE(reader.in(act.port, 1, now) == peeked);
                }
            }
            const u32 x = perform(a, act, now);
            REQUIRE(x == perform(b, act, now));
            if (copy) REQUIRE(x == perform(*copy, act, now));
        }
        REQUIRE(a == b);
        REQUIRE(a == *copy);
    }
}
