// What a person, a script or a debugger may ask of a session.
#pragma once
#include <variant>

#include "sim/base/types.hpp"

namespace ringside::session {

/// What a step is counted in.
enum class Unit : u8 {
    Instruction,
    Event,     ///< anything in the recording
    Crossing,  ///< a change of ring, a VM exit or entry
};

/// `count` steps; negative: back.
struct Step {
    Unit unit = Unit::Instruction;
    i64 count = 1;
    bool operator==(const Step&) const = default;
};
/// At most so many instructions further, or to the end if that comes first.
struct Run {
    u64 instructions = never;
    bool operator==(const Run&) const = default;
};
/// To the instant at which so many instructions have retired.
struct GoToInstruction {
    u64 instruction = 0;
    bool operator==(const GoToInstruction&) const = default;
};
/// To the instant just after an event of the recording.
struct GoToEvent {
    u64 event = 0;
    bool operator==(const GoToEvent&) const = default;
};
/// To the last instant not after a cycle.
struct GoToCycle {
    Cycle cycle = 0;
    bool operator==(const GoToCycle&) const = default;
};

using Command = std::variant<Step, Run, GoToInstruction, GoToEvent, GoToCycle>;

}  // namespace ringside::session
