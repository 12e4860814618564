// One counter of the 8254 as a function of time.
#include <algorithm>
#include <utility>

#include "sim/dev/pit.hpp"

namespace ringside::dev {

using namespace isa::pc::pit;

namespace {
constexpr i64 binary_modulus = 0x10000, bcd_modulus = 10000;

constexpr i64 from_bcd(u16 v) {
    return (v >> 12) * 1000 + ((v >> 8) & 0xf) * 100 + ((v >> 4) & 0xf) * 10 + (v & 0xf);
}
constexpr u16 to_bcd(i64 v) {
    return u16(v / 1000 % 10 << 12 | v / 100 % 10 << 8 | v / 10 % 10 << 4 | v % 10);
}
}  // namespace

PitCounter::Tick PitCounter::modulus() const { return bcd_ ? bcd_modulus : binary_modulus; }

/// Ticks since the count was loaded; negative before.
PitCounter::Tick PitCounter::elapsed(Tick now) const { return paused_ ? frozen_ : now - start_; }

void PitCounter::control(u8 mode, u8 access, bool bcd) {
    // Modes 6 and 7 are 2 and 3: the highest bit is not decoded for them.
    mode_ = mode > HardwareStrobe ? mode & 3 : mode;
    access_ = access;
    bcd_ = bcd;
    loaded_ = running_ = paused_ = write_high_ = read_high_ = false;
    reload_ = 0;
    latched_count_.reset();
    latched_status_.reset();
}

void PitCounter::write(u8 byte, Tick now) {
    settle(now);
    if (access_ == access_low) return load(byte, now);
    if (access_ == access_high) return load(u16(byte << 8), now);
    write_high_ = !write_high_;
    if (!write_high_) return load(u16(byte << 8 | low_byte_), now);
    low_byte_ = byte;
    // "Writing the first byte disables counting. OUT is set low immediately."
    if (mode_ == TerminalCount) running_ = false;
}

void PitCounter::load(u16 value, Tick now) {
    Tick count = bcd_ ? from_bcd(value) : value;
    if (count == 0) count = modulus();
    loaded_ = true;
    const bool counting = running_ && !paused_ && now >= start_;
    if (running_ && triggered_by_gate()) {
        reload_ = count;  // until the next trigger
    } else if (counting && periodic()) {
        const Tick half = next_edge(now);
        const Tick whole = start_ + (elapsed(now) / initial_ + 1) * initial_;
        reload_ = count;
        reload_at_ = mode_ == SquareWave && half != no_edge ? half : whole;
        reload_low_ = reload_at_ < whole;
    } else {
        initial_ = count;
        reload_ = 0;
        if (!triggered_by_gate()) restart(now);
    }
}

/// The count is loaded at the next tick.
void PitCounter::restart(Tick now) {
    before_start_ = mode_ == TerminalCount ? false : mode_ == OneShot ? output(now) : true;
    running_ = true;
    paused_ = !gate_ && !triggered_by_gate();
    frozen_ = 0;
    start_ = now + 1;
}

void PitCounter::set_gate(bool level, Tick now) {
    settle(now);
    const bool rises = level && !gate_;
    const bool falls = !level && gate_;
    gate_ = level;
    if (triggered_by_gate()) {
        if (!rises || !loaded_) return;
        if (reload_) initial_ = std::exchange(reload_, 0);
        restart(now);
    } else if (falls && running_) {
        frozen_ = std::max<Tick>(elapsed(now), 0);
        paused_ = true;
    } else if (rises && paused_) {
        paused_ = false;
        if (reload_) initial_ = std::exchange(reload_, 0);
        if (periodic())
            restart(now);
        else
            start_ = now - frozen_;
    }
}

void PitCounter::settle(Tick now) {
    if (!running_ || paused_ || !periodic() || now < start_) return;
    if (reload_ && now >= reload_at_) {
        initial_ = std::exchange(reload_, 0);
        start_ = reload_low_ ? reload_at_ - high_part() : reload_at_;
    }
    // With a reload ahead the old period goes on, and `reload_at_` stays inside it.
    start_ += (now - start_) / initial_ * initial_;
}

bool PitCounter::output(Tick now) const {
    if (!running_) return mode_ != TerminalCount;
    const Tick e = elapsed(now);
    if (e < 0) return before_start_;
    switch (mode_) {
        case TerminalCount:
        case OneShot: return e >= initial_;
        case RateGenerator: return paused_ || initial_ < 2 || e % initial_ != initial_ - 1;
        case SquareWave: return paused_ || e % initial_ < high_part();
        default: return e != initial_;  // the strobes: low for one tick
    }
}

PitCounter::Tick PitCounter::next_edge(Tick now) const {
    if (!running_ || paused_) return no_edge;
    if (now < start_ && before_start_ && mode_ == OneShot) return start_;
    const Tick e = std::max<Tick>(now - start_, 0);
    const Tick period = start_ + e / initial_ * initial_;
    const Tick within = e % initial_;
    switch (mode_) {
        case TerminalCount:
        case OneShot: return e < initial_ ? start_ + initial_ : no_edge;
        case RateGenerator:
        case SquareWave: {
            if (initial_ < 2) return no_edge;  // an illegal count: the output stays
            const Tick falls = mode_ == SquareWave ? high_part() : initial_ - 1;
            return period + (within < falls ? falls : initial_);
        }
        default: return e <= initial_ ? start_ + initial_ + (e == initial_) : no_edge;
    }
}

u16 PitCounter::count(Tick now) const {
    const Tick e = running_ ? std::max<Tick>(elapsed(now), 0) : 0;
    Tick value = initial_;
    if (periodic() && initial_) {
        Tick within = e % initial_;
        if (mode_ == SquareWave) {
            // Counts by two through each half; an odd count begins one lower.
            if (within >= high_part()) within -= high_part();
            value = initial_ - initial_ % 2 - 2 * within;
        } else {
            value = initial_ - within;
        }
    } else {
        value = initial_ - e % modulus();
    }
    value = (value + modulus()) % modulus();
    return bcd_ ? to_bcd(value) : u16(value);
}

void PitCounter::latch_count(Tick now) {
    settle(now);
    if (!latched_count_) latched_count_ = count(now);
}

void PitCounter::latch_status(Tick now) {
    settle(now);
    if (latched_status_) return;
    const bool null_count = !loaded_ || reload_ || (running_ && !paused_ && now < start_);
    latched_status_ = u8((output(now) ? status_out : 0) | (null_count ? status_null_count : 0) |
                         access_ << access_shift | mode_ << mode_shift | (bcd_ ? bcd : 0));
}

u8 PitCounter::read(Tick now) {
    settle(now);
    if (latched_status_) {
        const u8 status = *latched_status_;
        latched_status_.reset();
        return status;
    }
    const u16 value = latched_count_ ? *latched_count_ : count(now);
    const bool high = access_ == access_high || (access_ == access_word && read_high_);
    if (access_ == access_word) read_high_ = !read_high_;
    if (!read_high_) latched_count_.reset();
    return u8(high ? value >> 8 : value);
}

}  // namespace ringside::dev
