// A network cable between two machines: runs both, in step, and carries their frames.
#pragma once
#include "sim/machine/run.hpp"

namespace ringside::machine {

/// A value like the machines that it joins: copied with them, it goes on as the original does.
/// A frame is on its way for `flight` cycles; so far the two can run by themselves, and the result
/// does not depend on which of them runs first. Both must count the same cycles a second.
class Link {
  public:
    /// `flight`: at least a cycle.
    explicit Link(Cycle flight = 1000) : flight_(flight) { RINGSIDE_CHECK(flight > 0); }

    void plug_in(Machine& a, Machine& b) const;
    /// Runs both to `until`, or until both have stopped. Why each has stopped: `Limit` if it is
    /// still going. A machine that has stopped still receives, and sends no more.
    std::pair<Stop, Stop> run(Machine& a, Machine& b, Cycle until) const;
    bool operator==(const Link&) const = default;

  private:
    void carry(Machine& from, Machine& to) const;

    Cycle flight_;
};

}  // namespace ringside::machine
