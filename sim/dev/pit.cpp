// The 8254's ports.
#include "sim/dev/pit.hpp"

namespace ringside::dev {

using namespace isa::pc;

namespace {
constexpr u8 open_bus = 0xff;
constexpr u8 refresh_toggle = 1u << 4;  // port B: the memory refresh, half of counter 1's period
constexpr i64 refresh_ticks = 18;
}  // namespace

u8 Pit::in(u16 port, Cycle now) {
    advance(now);
    if (port >= port::pit_counter0 && port <= port::pit_counter2)
        return counters_[port - port::pit_counter0].read(tick_);
    return peek(port, now);
}

u8 Pit::peek(u16 port, Cycle now) const {
    const auto tick = PitCounter::Tick(clock_.tick(now));
    if (port >= port::pit_counter0 && port <= port::pit_counter2) {
        PitCounter copy = counters_[port - port::pit_counter0];
        return copy.read(tick);
    }
    if (port != port::port_b) return open_bus;
    PitCounter speaker = counters_[2];
    speaker.settle(tick);
    return u8(port_b_ | (speaker.output(tick) ? pit::out2 : 0) |
              (tick / refresh_ticks % 2 ? refresh_toggle : 0));
}

void Pit::out(u16 port, u8 byte, Cycle now) {
    advance(now);
    if (port == port::pit_control) return control(byte);
    if (port == port::port_b) {
        port_b_ = byte & (pit::gate2 | pit::speaker);
        counters_[2].set_gate(byte & pit::gate2, tick_);
        return;
    }
    counters_[(port - port::pit_counter0) % counters_.size()].write(byte, tick_);
}

/// "Control Word Format", "Counter Latch Command", "Read-Back Command".
void Pit::control(u8 byte) {
    const u8 number = byte >> pit::counter_shift;
    const u8 access = (byte >> pit::access_shift) & pit::access_word;
    if (number == pit::read_back) {
        for (unsigned i = 0; i < counters_.size(); ++i) {
            if (!(byte & (2u << i))) continue;
            if (!(byte & pit::keep_count)) counters_[i].latch_count(tick_);
            if (!(byte & pit::keep_status)) counters_[i].latch_status(tick_);
        }
    } else if (access == pit::access_latch) {
        counters_[number].latch_count(tick_);
    } else {
        counters_[number].control((byte >> pit::mode_shift) & 7, access, byte & pit::bcd);
    }
}

Cycle Pit::next_event() const {
    const PitCounter::Tick edge = counters_[0].next_edge(tick_);
    return edge == PitCounter::no_edge ? never : clock_.cycle(u64(edge));
}

bool Pit::advance(Cycle now) {
    const auto tick = PitCounter::Tick(clock_.tick(now));
    const bool changes = counters_[0].next_edge(tick_) <= tick;
    tick_ = tick;
    for (auto& counter : counters_) counter.settle(tick_);
    return changes;
}

}  // namespace ringside::dev
