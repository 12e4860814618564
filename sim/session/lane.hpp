// The worlds as one draws them: the guest's is two, its kernel and its applications, and a host's
// processes are one.
#pragma once
#include "sim/session/world.hpp"

namespace ringside::session {

/// Ordered from the guest to what runs it, and to the host that this lives in.
enum class Lane : u8 { GuestApplication, GuestKernel, Translated, Vmm, Host, HostProcess };
inline constexpr unsigned lane_count = 6;

constexpr bool is_guest(Lane lane) {
    return lane == Lane::GuestApplication || lane == Lane::GuestKernel;
}
constexpr bool is_host(Lane lane) { return lane == Lane::Host || lane == Lane::HostProcess; }
/// Whose code is in the VMM's image: there may be a host in it.
constexpr bool is_below_guest(Lane lane) { return !is_guest(lane) && lane != Lane::Translated; }

/// "guest application" and so on, for the middle of a sentence.
constexpr const char* lane_name(Lane lane) {
    constexpr const char* names[lane_count] = {"guest application", "guest kernel",
                                               "translated code",   "VMM",
                                               "host kernel",       "host process"};
    return names[unsigned(lane)];
}

/// Where code of a world belongs that runs at a ring.
Lane lane_of(World world, unsigned cpl);

}  // namespace ringside::session
