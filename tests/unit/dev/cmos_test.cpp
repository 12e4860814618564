// The MC146818 against its data sheet.
#include <doctest/doctest.h>

#include <vector>

#include "sim/dev/cmos.hpp"
#include "sim/dev/date.hpp"
#include "sim/isa/pc.hpp"

using namespace ringside;
using namespace ringside::dev;
namespace c = ringside::isa::cmos;
using isa::pc::port::cmos_data;
using isa::pc::port::cmos_index;

namespace {
constexpr u64 hz = 1'000'000;
constexpr u64 mib = 1u << 20;

i64 at(Date date, i64 hour, i64 minute, i64 second) {
    return ((days_of(date) * 24 + hour) * 60 + minute) * 60 + second;
}
Cmos clock_at(i64 time, u64 ram = 64 * mib) { return Cmos(hz, time, ram, false); }
u8 get(Cmos& cmos, u8 index, Cycle now) {
    cmos.out(cmos_index, index, now);
    return cmos.in(cmos_data, now);
}
void set(Cmos& cmos, u8 index, u8 value, Cycle now) {
    cmos.out(cmos_index, index, now);
    cmos.out(cmos_data, value, now);
}
std::vector<u8> time_of(Cmos& cmos, Cycle now) {
    std::vector<u8> out;
    for (const u8 index : {c::century, c::year, c::month, c::day_of_month, c::day_of_week, c::hours,
                           c::minutes, c::seconds})
        out.push_back(get(cmos, index, now));
    return out;
}
}  // namespace

TEST_CASE("dates and days agree over four centuries") {
    for (i64 day = days_of({1799, 12, 25}); day < days_of({2201, 1, 5}); ++day)
        REQUIRE(days_of(date_of(day)) == day);
    CHECK(date_of(days_of({2000, 2, 29}) + 1) == Date{2000, 3, 1});
    CHECK(date_of(days_of({1900, 2, 28}) + 1) == Date{1900, 3, 1});
    CHECK(weekday_of(days_of({2024, 2, 29})) == 4);  // a Thursday
}

TEST_CASE("the time goes on with the simulated seconds, over the ends of all its parts") {
    struct Row {
        i64 start;
        u64 seconds;
        std::vector<u8> time;
    };
    const Row rows[] = {
        {at({2000, 1, 1}, 0, 0, 0), 0, {0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x00}},
        {at({1999, 12, 31}, 23, 59, 58), 3, {0x20, 0x00, 0x01, 0x01, 7, 0x00, 0x00, 0x01}},
        {at({2024, 2, 28}, 23, 59, 59), 1, {0x20, 0x24, 0x02, 0x29, 5, 0x00, 0x00, 0x00}},
        {at({1993, 8, 9}, 21, 45, 37), 100, {0x19, 0x93, 0x08, 0x09, 2, 0x21, 0x47, 0x17}},
    };
    for (const Row& row : rows) {
        Cmos cmos = clock_at(row.start);
        CHECK(time_of(cmos, row.seconds * hz) == row.time);
    }
}

TEST_CASE("register B chooses binary or BCD, and the 12-hour clock") {
    struct Row {
        u8 b;
        i64 hour;
        u8 reads;
    };
    for (const Row& row :
         {Row{c::b::hours_24, 13, 0x13}, Row{c::b::hours_24 | c::b::binary, 13, 13},
          Row{0, 13, 0x81}, Row{0, 0, 0x12}, Row{0, 12, 0x92}, Row{c::b::binary, 23, 0x80 | 11}}) {
        CAPTURE(row.hour);
        Cmos cmos = clock_at(at({2001, 5, 6}, row.hour, 0, 0));
        set(cmos, c::register_b, row.b, 0);
        CHECK(get(cmos, c::hours, 0) == row.reads);
    }
}

TEST_CASE("setting the time stops it, and it goes on from what was set") {
    Cmos cmos = clock_at(at({2000, 1, 1}, 0, 0, 0));
    set(cmos, c::register_b, c::b::set | c::b::hours_24, 5 * hz + hz / 4);
    CHECK(get(cmos, c::seconds, 20 * hz) == 0x05);
    set(cmos, c::hours, 0x17, 20 * hz);
    set(cmos, c::year, 0x38, 20 * hz);
    set(cmos, c::register_b, c::b::hours_24, 30 * hz + hz / 2);
    CHECK(time_of(cmos, 30 * hz + hz / 2) ==
          std::vector<u8>{0x20, 0x38, 0x01, 0x01, 6, 0x17, 0x00, 0x05});
    // The seconds keep their phase.
    CHECK(get(cmos, c::seconds, 31 * hz - 1000) == 0x05);
    CHECK(get(cmos, c::seconds, 31 * hz + 1000) == 0x06);
}

TEST_CASE("after the divider's reset the first second comes in half a second") {
    Cmos cmos = clock_at(at({2000, 1, 1}, 0, 0, 0));
    set(cmos, c::register_a, 0x76, hz / 3);
    CHECK(get(cmos, c::seconds, 10 * hz) == 0);
    set(cmos, c::register_a, c::a::divider_runs | 6, 10 * hz);
    CHECK(get(cmos, c::seconds, 10 * hz + hz / 2 - 1000) == 0);
    CHECK(get(cmos, c::seconds, 10 * hz + hz / 2 + 1000) == 1);
}

TEST_CASE("update in progress is seen shortly before each second and never while time stands") {
    Cmos cmos = clock_at(0);
    CHECK((get(cmos, c::register_a, hz / 2) & c::a::update_in_progress) == 0);
    CHECK((get(cmos, c::register_a, hz - 1000) & c::a::update_in_progress) != 0);
    CHECK((get(cmos, c::register_a, hz + 1000) & c::a::update_in_progress) == 0);
    set(cmos, c::register_b, c::b::set, 2 * hz - 1000);
    CHECK((get(cmos, c::register_a, 2 * hz - 500) & c::a::update_in_progress) == 0);
}

TEST_CASE("the periodic interrupt has the rate of register A, and reading C ends it") {
    struct Row {
        u8 rate;
        unsigned a_second;
    };
    for (const Row& row : {Row{6, 1024}, Row{15, 2}, Row{3, 8192}, Row{1, 256}, Row{2, 128}}) {
        CAPTURE(int(row.rate));
        Cmos cmos = clock_at(0);
        set(cmos, c::register_a, c::a::divider_runs | row.rate, 0);
        set(cmos, c::register_b, c::b::periodic | c::b::hours_24, 0);
        unsigned interrupts = 0;
        for (Cycle now = cmos.next_event(); now <= hz; now = cmos.next_event()) {
            CHECK(!cmos.interrupt());
            cmos.advance(now);
            REQUIRE(cmos.interrupt());
            CHECK(cmos.next_event() == never);
            CHECK((get(cmos, c::register_c, now) & (c::c::request | c::c::periodic)) ==
                  (c::c::request | c::c::periodic));
            ++interrupts;
        }
        CHECK(interrupts == row.a_second);
    }
}

TEST_CASE("the update interrupt comes once a second; flags rise without their interrupt too") {
    Cmos cmos = clock_at(0);
    CHECK(cmos.next_event() == never);
    CHECK((get(cmos, c::register_c, hz / 2) & c::c::update) == 0);
    CHECK(get(cmos, c::register_c, hz + hz / 2) == (c::c::update | c::c::periodic));
    CHECK(!cmos.interrupt());
    set(cmos, c::register_b, c::b::update | c::b::hours_24, hz + hz / 2);
    CHECK(cmos.next_event() == 2 * hz);
    cmos.advance(2 * hz);
    CHECK(cmos.interrupt());
}

TEST_CASE("the alarm matches its time, and wildcards match every time") {
    struct Row {
        u8 hour, minute, second;
        i64 first;  // seconds after 12:00:00
    };
    for (const Row& row : {Row{0x12, 0x00, 0x05, 5}, Row{0xff, 0xc0, 0x30, 30},
                           Row{0xff, 0x01, 0x00, 60}, Row{0x11, 0x59, 0x59, 86'399}}) {
        CAPTURE(row.first);
        Cmos cmos = clock_at(at({2000, 1, 1}, 12, 0, 0));
        set(cmos, c::hours_alarm, row.hour, 0);
        set(cmos, c::minutes_alarm, row.minute, 0);
        set(cmos, c::seconds_alarm, row.second, 0);
        set(cmos, c::register_b, c::b::alarm | c::b::hours_24, 0);
        Cycle now = 0;
        while (!cmos.interrupt()) cmos.advance(now = cmos.next_event());
        CHECK(now == u64(row.first) * hz);
        CHECK((get(cmos, c::register_c, now) & c::c::alarm) != 0);
    }
}

TEST_CASE("the memory size bytes tell what there is, under a good checksum") {
    struct Row {
        u64 ram;
        unsigned extended_kib, above_16m;
    };
    for (const Row& row : {Row{64 * mib, 63 * 1024, 48 * 16}, Row{4 * mib, 3 * 1024, 0},
                           Row{512 * mib, 0xffff, 496 * 16}}) {
        Cmos cmos = clock_at(0, row.ram);
        const auto word = [&](u8 index) {
            return unsigned(get(cmos, index, 0) | get(cmos, u8(index + 1), 0) << 8);
        };
        CHECK(word(c::base_memory) == 640);
        CHECK(word(c::extended_memory) == row.extended_kib);
        CHECK(word(c::extended_memory_found) == row.extended_kib);
        CHECK(word(c::memory_above_16m) == row.above_16m);
        unsigned sum = 0;
        for (u8 n = c::checksum_first; n <= c::checksum_last; ++n) sum += get(cmos, n, 0);
        CHECK(sum == unsigned(get(cmos, c::checksum, 0) << 8 | get(cmos, c::checksum + 1, 0)));
    }
}

TEST_CASE("the rest is memory; C and D are read-only; the index port is write-only") {
    Cmos cmos = clock_at(0);
    set(cmos, c::shutdown_status, 0x5a, 0);
    CHECK(get(cmos, c::shutdown_status | 0x80, 0) == 0x5a);  // bit 7 masks NMI, nothing else
    set(cmos, c::register_d, 0, 0);
    CHECK(get(cmos, c::register_d, 0) == c::d_valid);
    CHECK(cmos.in(cmos_index, 0) == 0xff);
}
