#include "sim/machine/timeline.hpp"

#include <algorithm>

namespace ringside::machine {

Timeline::Timeline(Machine start)
    : present_{std::move(start), {}}, furthest_(present_.machine.steps) {
    pin();
}

void Timeline::pin() {
    checkpoints_.insert_or_assign(now(), Moment{present_.machine, present_.meter, true});
}

Stop Timeline::run(const Limits& limits, const Watch& watch) {
    return advance(limits, watch, false);
}

/// Runs in pieces that end where a checkpoint is due.
Stop Timeline::advance(const Limits& limits, const Watch& watch, bool fine) {
    Watch metered = watch;
    metered.meter = &present_.meter;
    for (;;) {
        const u64 grain = fine ? std::max<u64>(spacing_ / most_fine, 1) : spacing_;
        Limits piece = limits;
        piece.steps = std::min(limits.steps, (now() / grain + 1) * grain);
        const u64 before = now();
        const Stop stop = machine::run(present_.machine, piece, metered);
        furthest_ = std::max(furthest_, now());
        if (stop.reason != Stop::Limit) return stop;
        const bool due = now() == piece.steps && now() % grain == 0 && now() > before;
        if (!due || now() >= limits.steps) {
            if (due && !fine) keep_checkpoint();
            return stop;
        }
        if (!fine)
            keep_checkpoint();
        else if (fine_.size() < most_fine)
            fine_.emplace(now(), Moment{present_.machine, present_.meter, false});
        if (present_.machine.instructions >= limits.instructions ||
            present_.machine.now >= limits.cycles)
            return stop;
    }
}

void Timeline::keep_checkpoint() {
    checkpoints_.emplace(now(), Moment{present_.machine, present_.meter, false});
    if (checkpoints_.size() > most_checkpoints) thin_out();
}

void Timeline::thin_out() {
    spacing_ *= 2;
    std::erase_if(checkpoints_,
                  [&](const auto& c) { return c.first % spacing_ != 0 && !c.second.pinned; });
}

void Timeline::forget_after(u64 step) {
    checkpoints_.erase(checkpoints_.upper_bound(step), checkpoints_.end());
    fine_.clear();
}

const Timeline::Moment& Timeline::nearest_before(u64 step) const {
    auto coarse = std::prev(checkpoints_.upper_bound(step));
    auto fine = fine_.upper_bound(step);
    if (fine != fine_.begin() && std::prev(fine)->first > coarse->first)
        return std::prev(fine)->second;
    return coarse->second;
}

Stop Timeline::go_to(u64 step, const Watch& watch, const Watch& replay) {
    step = std::max(step, checkpoints_.begin()->first);
    const bool back = step < now();
    if (back || (step <= furthest_ && nearest_before(step).machine.steps > now())) {
        const Moment& from = nearest_before(step);
        // Another stretch of time is being looked at: its fine checkpoints replace the old ones.
        if (fine_.size() >= most_fine ||
            (!fine_.empty() &&
             (step < fine_.begin()->first || from.machine.steps > fine_.rbegin()->first))) {
            const Moment kept = from;
            fine_.clear();
            present_ = kept;
        } else {
            present_ = from;
        }
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

u64 Timeline::pages_held() const {
    u64 pages = 0;
    const mem::Ram* later = &present_.machine.ram;
    for (auto c = checkpoints_.rbegin(); c != checkpoints_.rend(); ++c) {
        pages += c->second.machine.ram.pages_apart(*later);
        later = &c->second.machine.ram;
    }
    return pages;
}

}  // namespace ringside::machine
