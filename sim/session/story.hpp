// The recording as time: in which world the CPU was, and when and how it crossed. Grows with the
// recording, never looks at an event twice.
#pragma once
#include <algorithm>
#include <span>
#include <vector>

#include "sim/session/lane.hpp"
#include "sim/session/recording.hpp"

namespace ringside::session {

/// The CPU stayed in one world, at one ring.
struct Stay {
    Lane lane{};
    u8 ring = 0;
    Cycle begin = 0;
    Cycle end = 0;
    bool operator==(const Stay&) const = default;
};

/// Several events of one instruction that belong together: an exception and its change of ring.
struct Happening {
    u64 first = 0, last = 0;  ///< indices of events
    u64 main = 0;             ///< the one that explains it
    u64 instruction = 0;      ///< instructions retired before it
    Cycle begin = 0, end = 0;
    Lane from{}, to{};
    u8 ring_from = 0, ring_to = 0;
    bool crossing = false;
    bool non_root = false;  ///< VMX non-root operation, before it
};

class Story {
  public:
    /// Takes in the events after those already taken.
    void extend(std::span<const Recorded> recording);

    /// Nothing more is recorded, and this is where the CPU is: that is where the last crossing led.
    void arrive_now(Lane here, u8 ring);

    const std::vector<Happening>& happenings() const { return happenings_; }
    /// So many of them are as they will stay; of the next one it is not known yet where it leads.
    size_t settled() const {
        const size_t known = arrived_ ? happenings_.size() : crossing_;
        return std::min(known, happenings_.empty() ? 0 : happenings_.size() - 1);
    }
    /// Closed stays, in order of time; the last one is still open (its end is the last event's
    /// time).
    const std::vector<Stay>& spans() const { return spans_; }
    /// The last happening that is complete with the first `events` events; -1: none.
    long after(u64 events) const;
    /// Whether code of a world has been seen at a ring, in VMX non-root operation or not.
    bool seen(bool non_root, unsigned ring, Lane world) const {
        return seen_[non_root][ring & 3][unsigned(world)];
    }

  private:
    void add(u64 index, const Recorded& recorded);
    bool called_into(Lane here, const Recorded& recorded) const;
    void call(Lane here, const Recorded& recorded);
    Happening& crossing() { return happenings_[crossing_]; }
    void await(size_t happening);
    void leave_from(Lane from);
    void arrive(Lane here, u8 ring, Cycle when);
    Lane world_at(const Recorded& recorded, unsigned cpl) const;

    size_t taken_ = 0;
    bool seen_[2][4][lane_count] = {};
    Lane guest_world_ = Lane::GuestKernel;  ///< where the guest's kernel was last
    bool arrived_ = true;                   ///< the last crossing's destination is known
    size_t crossing_ = 0;                   ///< if not: which it is
    std::vector<Happening> happenings_;
    std::vector<Stay> spans_;
};

}  // namespace ringside::session
