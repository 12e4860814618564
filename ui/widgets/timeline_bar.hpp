// Lanes of time: where the CPU was, how long, and the ways between. Width is cost.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "ui/widgets/paint.hpp"

namespace ringside::ui {

struct LaneSpan {
    int lane = 0;
    double begin = 0, end = 0;
};
struct LaneMark {
    int from = 0, to = 0;  ///< equal: a point in its lane, not an arrow
    double when = 0;
    ImU32 colour = 0;
    std::string label;
    u64 id = 0;
    bool loud = false;  ///< its label is wanted even when it is crowded
};
struct Lane {
    std::string name;
    ImU32 colour = 0;
};
struct TimelineBar {
    double begin = 0, end = 1, cursor = 0, recorded = 0;
    double near = 30000;  ///< the width of the range around the cursor that "near" shows
    std::vector<Lane> lanes;
    std::vector<LaneSpan> spans;
    std::vector<LaneMark> marks;
};

/// What the mouse asked for.
struct TimelineWish {
    std::optional<double> go_to;
    std::optional<u64> go_to_mark;
    std::optional<std::pair<double, double>> show;  ///< end 0: all that is recorded
    int step = 0;                                   ///< through time: 1 on, -1 back
};

TimelineWish draw_timeline_bar(Paint& paint, const TimelineBar& bar);

}  // namespace ringside::ui
