// What is happening: the last event in words, its cost and its reason, and the log around it.
#pragma once
#include <string>
#include <vector>

#include "ui/view/world.hpp"

namespace ringside::ui {

struct LogRow {
    u64 event = 0;  ///< index in the run's log
    std::string when;
    std::string text;
    Tone tone = Tone::Plain;
    bool current = false;  ///< the last one that has happened
    bool future = false;   ///< recorded, but after the present instant
};

struct HappeningView {
    Tone tone = Tone::Plain;
    std::string headline;  ///< a few words
    std::string body;      ///< what happened
    std::string why;       ///< one level deeper
    std::string source;    ///< the manual's volume and title
    std::string cost;      ///< "312 cycles: 130 for the transition, 182 in the VMM"
    std::string next;      ///< "Next: popf"
    std::vector<LogRow> log;
};

}  // namespace ringside::ui
