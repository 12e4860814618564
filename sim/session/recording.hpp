// All that has happened in a session, as far as it has ever run: going back forgets nothing.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/session/world.hpp"
#include "sim/trace/event.hpp"

namespace ringside::session {

/// An argument of a probe point, with the value that it had.
struct ProbeValue {
    std::string name;
    std::optional<u32> value;  ///< none: its memory was not mapped
    bool operator==(const ProbeValue&) const = default;
};

struct Recorded {
    trace::Event event;
    World world{};      ///< of the instruction that it belongs to
    std::string probe;  ///< a probe point's name; empty for the core's own events
    std::vector<ProbeValue> arguments;
    bool is_crossing() const {
        using trace::EventKind;
        return event.kind == EventKind::RingChange || event.kind == EventKind::VmExit ||
               event.kind == EventKind::VmEntry;
    }
    /// The probe point's name, or the core event's: "RingChange".
    std::string name() const;
    /// The argument's value; none when there is no such argument.
    std::optional<u32> argument(std::string_view name) const {
        for (const ProbeValue& one : arguments)
            if (one.name == name) return one.value;
        return {};
    }
    bool operator==(const Recorded&) const = default;
};

}  // namespace ringside::session
