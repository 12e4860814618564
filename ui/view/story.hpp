// The recording as time: in which world the CPU was, and when and how it crossed. Grows with the
// recording, never looks at an event twice.
#pragma once
#include <span>
#include <unordered_set>
#include <vector>

#include "sim/session/recording.hpp"
#include "ui/view/event_words.hpp"
#include "ui/view/timeline_view.hpp"

namespace ringside::ui {

/// The session's worlds, with the guest's split into kernel and application by its ring.
World world_of(session::World world, unsigned cpl);

/// Several events of one instruction that belong together: an exception and its change of ring.
struct Happening {
    u64 first = 0, last = 0;  ///< indices of events
    u64 main = 0;             ///< the one that explains it
    u64 instruction = 0;      ///< instructions retired before it
    Cycle begin = 0, end = 0;
    World from{}, to{};
    u8 ring_from = 0, ring_to = 0;
    bool crossing = false;
    bool non_root = false;  ///< VMX non-root operation, before it
};

class Story {
  public:
    /// Takes in the events after those already taken.
    void extend(std::span<const session::Recorded> recording);

    /// Nothing more is recorded, and this is where the CPU is: that is where the last crossing led.
    void arrive_now(World here, u8 ring);

    const std::vector<Happening>& happenings() const { return happenings_; }
    /// Closed stays, in order of time; the last one is still open (its end is the last event's
    /// time).
    const std::vector<TimelineSpan>& spans() const { return spans_; }
    /// The last happening that is complete with the first `events` events; -1: none.
    long after(u64 events) const;
    /// Whether code of a world has been seen at a ring, in VMX non-root operation or not.
    bool seen(bool non_root, unsigned ring, World world) const {
        return seen_[non_root][ring & 3][unsigned(world)];
    }

  private:
    void add(u64 index, const session::Recorded& recorded);
    bool called_into(World here, const session::Recorded& recorded) const;
    void call(World here, const session::Recorded& recorded);
    void arrive(World here, u8 ring, Cycle when);
    World world_at(const session::Recorded& recorded, unsigned cpl) const;

    size_t taken_ = 0;
    bool seen_[2][4][world_count] = {};
    World guest_world_ = World::GuestKernel;  ///< where the guest's kernel was last
    bool arrived_ = true;                     ///< the last crossing's destination is known
    std::vector<Happening> happenings_;
    std::vector<TimelineSpan> spans_;
};

}  // namespace ringside::ui
