// The worlds between which the CPU travels: whose code runs.
#pragma once
#include <string>

#include "sim/session/lane.hpp"

namespace ringside::ui {

/// In the order of the timeline's lanes.
using World = session::Lane;
inline constexpr unsigned world_count = session::lane_count;

using session::is_below_guest;
using session::is_guest;
using session::is_host;

/// "guest application" and so on, for the middle of a sentence.
constexpr const char* world_name(World world) { return session::lane_name(world); }
/// The same for a lane's or a badge's label.
constexpr const char* world_label(World world) {
    constexpr const char* names[world_count] = {"Guest app", "Guest kernel", "Translated",
                                                "VMM",       "Host kernel",  "Host process"};
    return names[unsigned(world)];
}

/// How something that happened is to be taken.
enum class Tone : u8 {
    Plain,     ///< nothing out of the ordinary
    Crossing,  ///< the CPU changed ring or world
    Silent,    ///< a sensitive instruction ran without trapping
    Wrong,     ///< an answer that differs from the native one
    Good,      ///< finished, or as on the bare machine
};

}  // namespace ringside::ui
