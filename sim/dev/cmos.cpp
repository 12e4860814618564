// The real-time clock.
#include "sim/dev/cmos.hpp"

#include <algorithm>

#include "sim/dev/date.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

using namespace isa::cmos;

namespace {
constexpr i64 seconds_a_day = 86'400;
// "Update Cycle": the bit rises 244 µs before an update, which takes 1984 µs.
constexpr i64 update_ticks = 8 + 65;
constexpr u8 open_bus = 0xff;
constexpr u8 time_registers[] = {seconds,      minutes, hours, day_of_week,
                                 day_of_month, month,   year,  century};
bool is_time(u8 index) {
    return std::ranges::find(time_registers, index) != std::end(time_registers);
}
}  // namespace

Cmos::Cmos(u64 cpu_hz, i64 start, u64 ram_bytes, bool has_disk)
    : clock_(cpu_hz, crystal_hz), base_time_(start) {
    constexpr u64 kib = 1024, mib = kib * kib;
    registers_[register_a] = a::divider_runs | 6;  // 1024 Hz, as a PC's firmware sets it
    registers_[register_b] = isa::cmos::b::hours_24;
    registers_[equipment] = 0;  // no diskettes, no coprocessor, a VGA
    registers_[fixed_disks] = has_disk ? equipment_disk : 0;
    put_word(base_memory, base_memory_kib);
    const u64 extended = ram_bytes > mib ? (ram_bytes - mib) / kib : 0;
    put_word(extended_memory, std::min<u64>(extended, 0xffff));
    put_word(extended_memory_found, std::min<u64>(extended, 0xffff));
    put_word(memory_above_16m, ram_bytes > 16 * mib ? (ram_bytes - 16 * mib) / (64 * kib) : 0);
    put_checksum();
}

void Cmos::put_word(u8 index, u64 value) {
    registers_[index] = u8(value);
    registers_[index + 1] = u8(value >> 8);
}

/// The sum of the bytes that describe the machine, high byte first.
void Cmos::put_checksum() {
    unsigned sum = 0;
    for (u8 n = checksum_first; n <= checksum_last; ++n) sum += registers_[n];
    registers_[checksum] = u8(sum >> 8);
    registers_[checksum + 1] = u8(sum);
}

/// Time passes while nobody sets it and the divider is not held in reset.
bool Cmos::runs() const {
    return !b(isa::cmos::b::set) && (registers_[register_a] & a::divider) == a::divider_runs;
}

i64 Cmos::time_at(Tick tick) const {
    return base_time_ + (runs() ? calendar::floor_div(tick - base_tick_, second) : 0);
}
Cmos::Tick Cmos::next_second(Tick tick) const {
    return base_tick_ + (calendar::floor_div(tick - base_tick_, second) + 1) * second;
}

/// "Periodic Interrupt Rate": ticks from one to the next; 0: none.
Cmos::Tick Cmos::period() const {
    const unsigned rate = registers_[register_a] & a::rate;
    if (rate == 0) return 0;
    return Tick{1} << (rate < 3 ? rate + 6 : rate - 1);
}

u8 Cmos::encode(unsigned value) const {
    return u8(b(isa::cmos::b::binary) ? value : value / 10 * 16 + value % 10);
}
unsigned Cmos::decode(u8 byte) const {
    return b(isa::cmos::b::binary) ? byte : byte / 16u * 10 + byte % 16u;
}
u8 Cmos::encode_hour(unsigned hour) const {
    if (b(isa::cmos::b::hours_24)) return encode(hour);
    return u8(encode(hour % 12 ? hour % 12 : 12) | (hour >= 12 ? afternoon : 0));
}
unsigned Cmos::decode_hour(u8 byte) const {
    if (b(isa::cmos::b::hours_24)) return decode(byte);
    return decode(byte & u8(~afternoon)) % 12 + (byte & afternoon ? 12 : 0);
}

u8 Cmos::field(u8 index, i64 time) const {
    const i64 day = calendar::floor_div(time, seconds_a_day);
    const unsigned in_day = unsigned(time - day * seconds_a_day);
    const Date date = date_of(day);
    switch (index) {
        case seconds: return encode(in_day % 60);
        case minutes: return encode(in_day / 60 % 60);
        case hours: return encode_hour(in_day / 3600);
        case day_of_week: return encode(weekday_of(day) + 1);
        case day_of_month: return encode(date.day);
        case month: return encode(date.month);
        case year: return encode(unsigned(date.year % 100));
        default: return encode(unsigned(date.year / 100));
    }
}

u8 Cmos::read(u8 index, Tick tick) const {
    if (is_time(index)) return runs() ? field(index, time_at(tick)) : registers_[index];
    switch (index) {
        case register_a:
            return registers_[register_a] |
                   u8(runs() && next_second(tick) - tick <= update_ticks ? a::update_in_progress
                                                                         : 0);
        case register_c: return flags_ | u8(interrupt() ? c::request : 0);
        case register_d: return d_valid;
        default: return registers_[index];
    }
}

u8 Cmos::peek(u16 port, Cycle now) const {
    if (port == isa::pc::port::cmos_index) return open_bus;  // it cannot be read
    return read(index_, Tick(clock_.tick(now)));
}

u8 Cmos::in(u16 port, Cycle now) {
    advance(now);
    const u8 value = peek(port, now);
    // "Register C": reading it clears the flags.
    if (port != isa::pc::port::cmos_index && index_ == register_c) flags_ = 0;
    return value;
}

void Cmos::out(u16 port, u8 byte, Cycle now) {
    advance(now);
    if (port == isa::pc::port::cmos_index)
        index_ = byte & index_mask;
    else
        write(index_, byte);
}

void Cmos::write(u8 index, u8 byte) {
    if (index == register_a || index == register_b) return write_control(index, byte);
    if (index == register_c || index == register_d) return;  // read-only
    if (!is_time(index)) return void(registers_[index] = byte);
    const bool running = runs();
    if (running) hold();
    registers_[index] = byte;
    if (running) release(next_second(tick_));
}

/// Stops or starts the time.
void Cmos::write_control(u8 index, u8 byte) {
    const bool ran = runs();
    const bool divided = (registers_[register_a] & a::divider) == a::divider_runs;
    const Tick next = next_second(tick_);
    if (ran) hold();
    registers_[index] = index == register_a ? byte & u8(~a::update_in_progress) : byte;
    if (index == register_b && (byte & isa::cmos::b::set))
        registers_[register_b] &= u8(~isa::cmos::b::update);  // "SET": it clears UIE
    if (ran && !runs()) {
        hold();                      // in the form that register B now has
        base_tick_ = next - second;  // the divider's phase stays
    } else if (!ran && runs()) {
        // Out of the divider's reset the first update comes after half a second.
        release(divided ? next : tick_ + second / 2);
    }
}

/// Puts the time into the registers.
void Cmos::hold() {
    if (runs()) base_time_ = time_at(tick_), base_tick_ = next_second(tick_) - second;
    for (const u8 index : time_registers) registers_[index] = field(index, base_time_);
}

/// Time goes on from what the registers hold; the next second begins at `next_update`.
void Cmos::release(Tick next_update) {
    const i64 full_year = i64(decode(registers_[century])) * 100 + decode(registers_[year]);
    const i64 day =
        days_of({full_year, decode(registers_[month]), decode(registers_[day_of_month])});
    base_time_ = day * seconds_a_day + decode_hour(registers_[hours]) * 3600 +
                 decode(registers_[minutes]) * 60 + decode(registers_[seconds]);
    base_tick_ = next_update - second;
}

bool Cmos::alarm_matches(i64 time) const {
    const auto matches = [&](u8 alarm, u8 of) {
        return (registers_[alarm] & any) == any || registers_[alarm] == field(of, time);
    };
    return matches(seconds_alarm, seconds) && matches(minutes_alarm, minutes) &&
           matches(hours_alarm, hours);
}

void Cmos::advance(Cycle now) {
    const Tick before = tick_;
    tick_ = Tick(clock_.tick(now));
    if (tick_ == before) return;
    if (const Tick every = period(); every && before / every != tick_ / every)
        flags_ |= c::periodic;
    if (!runs()) return;
    const i64 from = time_at(before), to = time_at(tick_);
    if (from == to) return;
    flags_ |= c::update;
    // Every time of the day comes within a day.
    for (i64 t = std::max(from + 1, to - seconds_a_day); t <= to && !(flags_ & c::alarm); ++t)
        if (alarm_matches(t)) flags_ |= c::alarm;
}

Cycle Cmos::next_event() const {
    // A line that is up already has nothing to add.
    if (interrupt()) return never;
    Cycle next = never;
    if (const Tick every = period(); every && b(isa::cmos::b::periodic))
        next = clock_.cycle(u64((tick_ / every + 1) * every));
    if (runs() && b(isa::cmos::b::update | isa::cmos::b::alarm))
        next = std::min(next, clock_.cycle(u64(next_second(tick_))));
    return next;
}

}  // namespace ringside::dev
