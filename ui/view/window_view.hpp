// One immutable picture of everything that the window shows, made by the worker for the frames.
#pragma once
#include <string>
#include <vector>

#include "ui/view/bottom_views.hpp"
#include "ui/view/code_view.hpp"
#include "ui/view/happening_view.hpp"
#include "ui/view/register_view.hpp"
#include "ui/view/ring_map_view.hpp"
#include "ui/view/timeline_view.hpp"

namespace ringside::ui {

struct Choice {
    std::string name;   ///< as the command line spells it
    std::string title;  ///< as people read it
};

struct ToolbarView {
    std::vector<Choice> scenarios;
    int scenario = -1;
    std::vector<Choice> techniques;
    int technique = -1;
    bool running = false;
    bool at_start = true;
    bool at_end = false;
    std::string position;  ///< "instruction 1 204 · event 17 · cycle 9 113"
    std::string outcome;   ///< of a run that has ended
};

struct WindowView {
    ToolbarView toolbar;
    RingMapView rings;
    CodeView code;
    RegisterView registers;
    HappeningView happening;
    TimelineView timeline;
    SerialView serial;
    CounterView counters;
    ObservationView observations;
    std::string problem;  ///< a sentence when the scenario could not be loaded; empty otherwise
    u64 instruction = 0;  ///< retired
    u64 revision = 0;     ///< grows with every picture
};

}  // namespace ringside::ui
