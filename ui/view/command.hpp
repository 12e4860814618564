// What a panel may ask for. Panels only append; the worker carries out.
#pragma once
#include <string>
#include <variant>
#include <vector>

#include "sim/session/commands.hpp"

namespace ringside::ui {

using session::GoToCycle;
using session::GoToEvent;
using session::GoToInstruction;
using session::Step;
using session::Unit;

/// By instructions of the guest: what the VMM does in between is passed over.
struct StepGuest {
    int count = 1;  ///< 1 or -1
    bool operator==(const StepGuest&) const = default;
};
/// On to the next time that an instruction is about to run (or back to the last).
struct RunToAddress {
    u32 address = 0;
    bool operator==(const RunToAddress&) const = default;
};
/// To the next thing that went wrong in silence, or back to the one before.
struct StepNotable {
    int count = 1;  ///< 1 or -1
    bool operator==(const StepNotable&) const = default;
};
struct GoToStart {
    bool operator==(const GoToStart&) const = default;
};
struct GoToEnd {
    bool operator==(const GoToEnd&) const = default;
};
struct Play {
    double rate = 0;  ///< instructions in a second of wall time; 0: as fast as it goes
    bool operator==(const Play&) const = default;
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

using Command = std::variant<Step, StepGuest, StepNotable, RunToAddress, GoToStart, GoToEnd,
                             GoToEvent, GoToInstruction, GoToCycle, Play, Pause, ChooseTechnique,
                             ChooseScenario, ShowCycles>;
using Commands = std::vector<Command>;

}  // namespace ringside::ui
