// Machines kept along the way of a run, evenly spaced. When there are too many of them, or they
// hold too much memory, either every second one goes and the spacing doubles, or the first ones go.
#pragma once
#include <map>

#include "sim/machine/run.hpp"

namespace ringside::machine {

/// An instant of a run.
struct Moment {
    Machine machine;
    Meter meter;
    bool pinned = false;  ///< the start, or an edit: cannot be reached by running
};

class Checkpoints {
  public:
    /// What makes room: fewer on the whole way, or only its last part.
    enum class Room : u8 { Thin, Slide };
    /// `spacing`: in steps, to begin with. `most_bytes`: that they may hold, see bytes().
    Checkpoints(u64 spacing, size_t most, u64 most_bytes, Room room = Room::Thin)
        : spacing_(spacing), most_(most), most_bytes_(most_bytes), room_(room) {}

    /// The step after `now` at which the next one is due.
    u64 next_due(u64 now) const { return (now / spacing_ + 1) * spacing_; }
    u64 spacing() const { return spacing_; }
    /// One at this step there already is stays, unless the new one is pinned.
    void keep(const Moment& moment);
    /// Null if there is none at or before `step`.
    const Moment* nearest_before(u64 step) const;
    /// The step of the last one whose machine `holds` is true of, if that once false stays so; else
    /// the first.
    template <class Holds>
    u64 last_where(Holds holds) const {
        u64 step = first();
        for (const auto& [at, moment] : moments_) {
            if (!holds(moment.machine)) break;
            step = at;
        }
        return step;
    }
    /// Those that lie after `step` go.
    void forget_after(u64 step);
    /// All go, and the next ones are to be `spacing` apart.
    void restart(u64 spacing);

    bool empty() const { return moments_.empty(); }
    size_t size() const { return moments_.size(); }
    u64 first() const { return moments_.begin()->first; }
    u64 last() const { return moments_.rbegin()->first; }
    /// The memory that they hold beyond what the first one's guest has written.
    u64 bytes() const { return bytes_; }

  private:
    using Moments = std::map<u64, Moment>;
    u64 bytes_of(Moments::const_iterator one) const;
    void count_bytes();
    bool full() const { return moments_.size() > most_ || bytes_ > most_bytes_; }
    void slide();
    void thin_out();

    Moments moments_;
    u64 spacing_;
    size_t most_;
    u64 most_bytes_;
    Room room_;
    u64 bytes_ = 0;
};

}  // namespace ringside::machine
