// Time that runs both ways: checkpoints of a machine, and a run again from the nearest one.
//
//   |0------c1------c2------c3---*              c: checkpoints, spaced evenly; when there are too
//   many,
//                        f f f f                   every second one goes and the spacing doubles
//                                               f: fine checkpoints around the present, left by
//                                               going back
#pragma once
#include <map>

#include "sim/machine/run.hpp"

namespace ringside::machine {

class Timeline {
  public:
    explicit Timeline(Machine start);

    const Machine& machine() const { return present_.machine; }
    const Meter& meter() const { return present_.meter; }
    u64 now() const { return present_.machine.steps; }
    /// The furthest step ever reached.
    u64 furthest() const { return furthest_; }

    /// Runs on. The watch's meter is not used: the timeline has its own, which goes back with time.
    Stop run(const Limits& limits, const Watch& watch);
    /// To the instant after `step` steps. Back: at once up to a checkpoint, then by running again.
    /// Steps that have been run before are run with `replay`, new ones with `watch`; stops early
    /// only where the machine itself does.
    Stop go_to(u64 step, const Watch& watch, const Watch& replay);

    /// Changes the present from outside (a debugger, an edit): what lay after it is forgotten.
    template <class Change>
    void branch(Change change) {
        change(present_.machine);
        forget_after(now());
        furthest_ = now();
        pin();
    }

    size_t checkpoints() const { return checkpoints_.size() + fine_.size(); }
    /// Pages that the checkpoints hold beyond those of the present.
    u64 pages_held() const;

  private:
    struct Moment {
        Machine machine;
        Meter meter;
        bool pinned = false;  ///< the start, or an edit: cannot be reached by running
    };
    static constexpr u64 first_spacing = 250'000;
    static constexpr size_t most_checkpoints = 200;
    static constexpr size_t most_fine = 32;

    Stop advance(const Limits& limits, const Watch& watch, bool fine);
    void keep_checkpoint();
    void pin();
    void thin_out();
    void forget_after(u64 step);
    const Moment& nearest_before(u64 step) const;

    Moment present_;
    std::map<u64, Moment> checkpoints_;
    std::map<u64, Moment> fine_;
    u64 spacing_ = first_spacing;
    u64 furthest_ = 0;
};

}  // namespace ringside::machine
