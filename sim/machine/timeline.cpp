#include "sim/machine/timeline.hpp"

#include <algorithm>

namespace ringside::machine {

Timeline::Timeline(Machine start)
    : present_{std::move(start), {}}, furthest_(present_.machine.steps) {
    pin();
}

void Timeline::pin() {
    present_.pinned = true;
    checkpoints_.keep(present_);
    present_.pinned = false;
}

Stop Timeline::run(const Limits& limits, const Watch& watch) {
    return advance(limits, watch, false);
}

/// Runs in pieces that end where a checkpoint is due.
Stop Timeline::advance(const Limits& limits, const Watch& watch, bool fine) {
    Watch metered = watch;
    metered.meter = &present_.meter;
    Checkpoints& kept = fine ? fine_ : checkpoints_;
    for (;;) {
        Limits piece = limits;
        const u64 due = kept.next_due(now());
        piece.steps = std::min(limits.steps, due);
        const Stop stop = machine::run(present_.machine, piece, metered);
        furthest_ = std::max(furthest_, now());
        if (stop.reason != Stop::Limit) return stop;
        const bool over = now() >= limits.steps ||
                          present_.machine.instructions >= limits.instructions ||
                          present_.machine.now >= limits.cycles;
        // A fine one at the place that is gone to would hardly be of use.
        if (now() == due && !(fine && over)) kept.keep(present_);
        if (over) return stop;
    }
}

void Timeline::forget_after(u64 step) {
    checkpoints_.forget_after(step);
    fine_.restart(fine_spacing());
}

const Moment& Timeline::nearest_before(u64 step) const {
    const Moment* coarse = checkpoints_.nearest_before(step);
    const Moment* fine = fine_.nearest_before(step);
    return fine && fine->machine.steps > coarse->machine.steps ? *fine : *coarse;
}

Stop Timeline::go_to(u64 step, const Watch& watch, const Watch& replay) {
    step = std::max(step, checkpoints_.first());
    const bool back = step < now();
    if (back || (step <= furthest_ && nearest_before(step).machine.steps > now())) {
        present_ = nearest_before(step);
        present_.pinned = false;
        // Another stretch of time is being looked at: its fine checkpoints replace the old ones.
        const bool elsewhere = !fine_.empty() && (step < fine_.first() || now() > fine_.last());
        if (elsewhere) fine_.restart(fine_spacing());
    }
    Limits limits;
    limits.steps = std::min(step, furthest_);
    if (now() < limits.steps) {
        const Stop stop = advance(limits, replay, true);
        if (stop.reason != Stop::Limit || now() >= step) return stop;
    }
    limits.steps = step;
    return now() < step ? advance(limits, watch, false) : Stop{};
}

}  // namespace ringside::machine
