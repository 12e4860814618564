// What the timeline shows: only what is in sight, already cut to about a span a pixel.
#pragma once
#include <string>
#include <vector>

#include "sim/session/story.hpp"
#include "ui/view/world.hpp"

namespace ringside::ui {

using TimelineSpan = session::Stay;

/// It went from one world or ring to another, or something noteworthy happened.
struct TimelineMark {
    Cycle when = 0;
    World from{};
    World to{};  ///< equal to `from` for what is no crossing
    Tone tone = Tone::Plain;
    u64 event = 0;
    std::string label;  ///< "#GP", "VM exit: HLT"
};

struct TimelineView {
    Cycle begin = 0;  ///< of what is in sight
    Cycle end = 0;
    Cycle recorded = 0;  ///< the latest instant recorded so far
    Cycle cursor = 0;    ///< now
    std::vector<World> lanes;
    std::vector<TimelineSpan> spans;
    std::vector<TimelineMark> marks;
};

}  // namespace ringside::ui
