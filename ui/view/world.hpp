// The worlds between which the CPU travels: whose code runs.
#pragma once
#include <string>

#include "sim/base/types.hpp"

namespace ringside::ui {

/// Ordered as the timeline's lanes: the guest's, what runs it, and the host that this lives in.
enum class World : u8 { GuestApplication, GuestKernel, Translated, Vmm, Host, HostProcess };
inline constexpr unsigned world_count = 6;

constexpr bool is_guest(World world) {
    return world == World::GuestApplication || world == World::GuestKernel;
}
constexpr bool is_host(World world) { return world == World::Host || world == World::HostProcess; }
/// Whose code is in the VMM's image: there may be a host in it.
constexpr bool is_below_guest(World world) {
    return !is_guest(world) && world != World::Translated;
}

/// "guest application" and so on, for the middle of a sentence.
constexpr const char* world_name(World world) {
    constexpr const char* names[world_count] = {"guest application", "guest kernel",
                                                "translated code",   "VMM",
                                                "host kernel",       "host process"};
    return names[unsigned(world)];
}
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
