// The last event in words, and the log around it.
#pragma once
#include "ui/view/happening_view.hpp"
#include "ui/view/make_timeline_view.hpp"

namespace ringside::ui {

struct Present {
    u64 instruction = 0;  ///< instructions retired so far
    u64 events = 0;       ///< events of the recording that have happened so far
    Cycle cycle = 0;
    Cycle step_cycles = 0;  ///< what the last instruction cost
    World world{};
    u8 ring = 0;
    std::string next;    ///< the instruction that runs next; empty at the end
    std::string ending;  ///< why the run has ended; empty while it has not
};

HappeningView make_happening_view(const session::Story& story, const Present& present,
                                  const WordsFor& words);

}  // namespace ringside::ui
