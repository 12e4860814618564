// A lane per world, crossings as arrows, width as cost; a click goes there.
#include <algorithm>

#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"
#include "ui/widgets/timeline_bar.hpp"

namespace ringside::ui {
namespace {

int lane_of(const TimelineView& view, World world) {
    const auto at = std::find(view.lanes.begin(), view.lanes.end(), world);
    return at == view.lanes.end() ? -1 : int(at - view.lanes.begin());
}

}  // namespace

void draw_timeline(Paint& paint, const TimelineView& view, Commands& commands) {
    TimelineBar bar;
    bar.begin = double(view.begin);
    bar.end = double(view.end);
    bar.cursor = double(view.cursor);
    bar.recorded = double(view.recorded);
    for (const World world : view.lanes)
        bar.lanes.push_back({world_label(world), colour_of(paint.theme, world)});
    for (const TimelineSpan& span : view.spans)
        bar.spans.push_back({lane_of(view, span.lane), double(span.begin), double(span.end)});
    for (const TimelineMark& mark : view.marks) {
        const int from = lane_of(view, mark.from), to = lane_of(view, mark.to);
        if (from < 0 || to < 0) continue;
        bar.marks.push_back({from, to, double(mark.when), colour_of(paint.theme, mark.tone),
                             mark.label, mark.event,
                             mark.tone == Tone::Wrong || mark.tone == Tone::Silent});
    }
    const TimelineWish wish = draw_timeline_bar(paint, bar);
    if (wish.go_to) commands.push_back(GoToCycle{Cycle(*wish.go_to)});
    if (wish.go_to_mark) commands.push_back(GoToEvent{*wish.go_to_mark});
    if (wish.step) commands.push_back(Step{Unit::Event, wish.step});
    if (wish.show)
        commands.push_back(ShowCycles{Cycle(wish.show->first), Cycle(wish.show->second)});
}

}  // namespace ringside::ui
