// An event in words: derived from the event, the instruction's row and the worlds; from nothing
// else.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "sim/trace/event.hpp"
#include "ui/view/world.hpp"

namespace ringside::ui {

/// What is known about an event besides itself.
struct EventContext {
    World from = World::Vmm;  ///< of the instruction it belongs to
    World to = World::Vmm;    ///< of the instruction that runs next
    bool native = false;      ///< no VMM: the guest kernel's place is ring 0
    std::string code;         ///< the instruction, disassembled; empty when unknown
    std::string symbol;       ///< the label before it
    std::string probe;        ///< name of the probe point; empty when it is none
    std::vector<std::pair<std::string, u64>> arguments;  ///< of the probe point
    bool wrong = false;  ///< its result differs from the native run's
};

struct EventWords {
    Tone tone = Tone::Plain;
    std::string line;      ///< for the log
    std::string label;     ///< for the timeline: two or three words
    std::string headline;  ///< for the room
    std::string body;      ///< what happened
    std::string why;       ///< one level deeper
    std::string source;    ///< the manual's volume and title
};

EventWords words_for(const trace::Event& event, const EventContext& context);

}  // namespace ringside::ui
