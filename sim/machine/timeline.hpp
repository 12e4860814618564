// Time that runs both ways: checkpoints of a machine, and a run again from the nearest one.
//
//   |0------c1------c2------c3---*      c: checkpoints, left by running on
//                        f f f f        f: fine checkpoints around the present, left by going back
#pragma once
#include "sim/machine/checkpoints.hpp"

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

    /// The step of the last checkpoint of which `holds(machine)` is true: of something that, once
    /// false, stays so. The first one's if there is none.
    template <class Holds>
    u64 last_checkpoint_where(Holds holds) const {
        return checkpoints_.last_where(holds);
    }

    size_t checkpoints() const { return checkpoints_.size() + fine_.size(); }
    /// The memory that they hold beyond what the guest had written when time began.
    u64 history_bytes() const { return checkpoints_.bytes() + fine_.bytes(); }

  private:
    static constexpr u64 first_spacing = 250'000;
    static constexpr size_t most_checkpoints = 1024, most_fine = 32;
    static constexpr u64 most_bytes = 320u << 20, most_fine_bytes = 96u << 20;

    Stop advance(const Limits& limits, const Watch& watch, bool fine);
    void pin();
    void forget_after(u64 step);
    const Moment& nearest_before(u64 step) const;
    u64 fine_spacing() const { return checkpoints_.spacing() / most_fine; }

    Moment present_;
    Checkpoints checkpoints_{first_spacing, most_checkpoints, most_bytes};
    /// On the way to a place: those before it are what the next steps back need.
    Checkpoints fine_{fine_spacing(), most_fine, most_fine_bytes, Checkpoints::Room::Slide};
    u64 furthest_ = 0;
};

}  // namespace ringside::machine
