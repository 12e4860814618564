#include "sim/machine/link.hpp"

#include <algorithm>

namespace ringside::machine {

namespace {

/// On to a cycle, if it has not stopped for good.
void run_to(Machine& m, Cycle cycle, Stop& stop) {
    if (stop.reason != Stop::Limit || m.now >= cycle) return;
    Limits limits;
    limits.cycles = cycle;
    stop = machine::run(m, limits, {});
    // It may only be waiting for a frame: nothing else would wake it.
    const bool waits = stop.reason == Stop::Halted && m.cpu.interrupts_on();
    if (!waits) return;
    stop.reason = Stop::Limit;
    m.now = cycle;
}

}  // namespace

void Link::plug_in(Machine& a, Machine& b) const {
    a.board.plug_in_network();
    b.board.plug_in_network();
}

void Link::carry(Machine& from, Machine& to) const {
    for (dev::Frame frame : from.board.take_sent_frames()) {
        frame.when += flight_;
        to.board.expect_frame(frame);
    }
}

std::pair<Stop, Stop> Link::run(Machine& a, Machine& b, Cycle until) const {
    std::pair<Stop, Stop> stops;
    // What is sent in a slice, which is as long as a flight, arrives in the next one at the
    // earliest.
    for (;;) {
        // One that has stopped does not hold the other back.
        Cycle now = never;
        if (stops.first.reason == Stop::Limit) now = a.now;
        if (stops.second.reason == Stop::Limit) now = std::min(now, b.now);
        if (now >= until) return stops;
        const Cycle end = std::min(until, (now / flight_ + 1) * flight_);
        run_to(a, end, stops.first);
        run_to(b, end, stops.second);
        carry(a, b);
        carry(b, a);
    }
}

}  // namespace ringside::machine
