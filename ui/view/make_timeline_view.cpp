// Stays and crossings in sight, thinned to about one a pixel.
#include "ui/view/make_timeline_view.hpp"

#include <algorithm>

namespace ringside::ui {
namespace {

/// Neighbouring stays narrower than a pixel become one, of the world that had most of it.
void push_thinned(std::vector<TimelineSpan>& spans, const TimelineSpan& span, Cycle pixel) {
    if (!spans.empty()) {
        TimelineSpan& last = spans.back();
        const bool both_narrow = span.end - span.begin < pixel && last.end - last.begin < pixel;
        if (both_narrow && span.lane == last.lane) {
            last.end = span.end;
            return;
        }
    }
    spans.push_back(span);
}

bool noteworthy(const EventWords& words) {
    return words.tone == Tone::Silent || words.tone == Tone::Wrong || words.tone == Tone::Good;
}

}  // namespace

TimelineView make_timeline_view(const session::Story& story, const TimelineRequest& r,
                                const WordsFor& words) {
    TimelineView view;
    view.begin = r.begin;
    view.end = std::max(r.end, r.begin + 1);
    view.cursor = r.cursor;
    view.recorded = r.recorded;
    if (r.application) view.lanes.push_back(World::GuestApplication);
    view.lanes.push_back(World::GuestKernel);
    if (r.translated) view.lanes.push_back(World::Translated);
    if (r.vmm) view.lanes.push_back(World::Vmm);
    if (r.host) view.lanes.insert(view.lanes.end(), {World::Host, World::HostProcess});

    const Cycle pixel = std::max<Cycle>(1, (view.end - view.begin) / std::max(1u, r.columns));
    const auto& spans = story.spans();
    auto at = std::partition_point(spans.begin(), spans.end(),
                                   [&](const TimelineSpan& s) { return s.end < view.begin; });
    // More stays than pixels: take the one that each pixel shows.
    Cycle seen = 0;
    for (; at != spans.end() && at->begin <= view.end; ++at) {
        const bool last = at + 1 == spans.end();
        TimelineSpan span = *at;
        if (last) {
            span.end = std::max(span.end, r.recorded);
            span.lane = r.open;
        }
        if (span.end <= seen && !last) continue;
        push_thinned(view.spans, span, pixel);
        if (span.end - span.begin < pixel) seen = span.begin + pixel / 2;
    }
    if (spans.empty() && r.recorded > 0) view.spans.push_back({r.open, 0, 0, r.recorded});

    const auto& all = story.happenings();
    auto h = std::partition_point(all.begin(), all.end(),
                                  [&](const session::Happening& x) { return x.end < view.begin; });
    // Crossings closer than a few pixels are drawn as one arrow; what is noteworthy is never left
    // out before a thousand of them are in sight.
    const Cycle close = pixel * 3;
    Cycle last_crossing = 0;
    bool any = false;
    size_t looked = 0;
    for (; h != all.end() && h->begin <= view.end && view.marks.size() < 1000 && looked < 20000;
         ++h, ++looked) {
        const bool crossing = h->crossing && h->from != h->to;
        if (crossing && any && h->end < last_crossing + close) continue;
        const EventWords w = words(size_t(h - all.begin()));
        if (!crossing && !noteworthy(w)) continue;
        if (crossing) last_crossing = h->end;
        any = any || crossing;
        view.marks.push_back(
            {h->end, h->from, crossing ? h->to : h->from, w.tone, h->last, w.label});
    }
    return view;
}

}  // namespace ringside::ui
