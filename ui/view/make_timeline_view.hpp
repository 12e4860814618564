// The timeline's view of a range of time: cost follows what can be seen, not what was recorded.
#pragma once
#include <functional>

#include "sim/session/story.hpp"
#include "ui/view/event_words.hpp"
#include "ui/view/timeline_view.hpp"

namespace ringside::ui {

struct TimelineRequest {
    Cycle begin = 0, end = 1;
    Cycle cursor = 0;
    Cycle recorded = 0;      ///< the latest instant that has been reached
    World open{};            ///< where the CPU is at `recorded`
    unsigned columns = 800;  ///< about as many spans as there are pixels
    bool vmm = true;         ///< show the VMM's lane
    bool host = false;       ///< and those of its host
    bool translated = false;
    bool application = false;
};

/// Words for a happening, given its index in the story.
using WordsFor = std::function<EventWords(size_t)>;

TimelineView make_timeline_view(const session::Story& story, const TimelineRequest& request,
                                const WordsFor& words);

}  // namespace ringside::ui
