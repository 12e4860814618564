// What a panel may ask for. Panels only append; the worker carries out.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::ui {

enum class Unit : u8 { Instruction, Event, Crossing };

struct Step {
    Unit unit = Unit::Instruction;
    int count = 1;  ///< negative: back
    bool operator==(const Step&) const = default;
};
struct GoToStart {
    bool operator==(const GoToStart&) const = default;
};
struct GoToEnd {
    bool operator==(const GoToEnd&) const = default;
};
struct GoToEvent {
    u64 event = 0;
    bool operator==(const GoToEvent&) const = default;
};
struct GoToCycle {
    Cycle cycle = 0;
    bool operator==(const GoToCycle&) const = default;
};
struct Run {
    double rate = 0;  ///< instructions in a second of wall time; 0: as fast as it goes
    bool operator==(const Run&) const = default;
};
struct Pause {
    bool operator==(const Pause&) const = default;
};
struct ChooseTechnique {
    std::string name;
    bool operator==(const ChooseTechnique&) const = default;
};
struct ChooseScenario {
    std::string name;
    bool operator==(const ChooseScenario&) const = default;
};
/// What the timeline has in sight: it follows the cursor until a range is asked for.
struct ShowCycles {
    Cycle begin = 0;
    Cycle end = 0;  ///< 0: show all that is recorded
    bool operator==(const ShowCycles&) const = default;
};

using Command = std::variant<Step, GoToStart, GoToEnd, GoToEvent, GoToCycle, Run, Pause,
                             ChooseTechnique, ChooseScenario, ShowCycles>;
using Commands = std::vector<Command>;

}  // namespace ringside::ui
