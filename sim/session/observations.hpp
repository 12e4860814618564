// What a guest wrote down: the labels `observations.NAME` in its image for the equivalence check,
// `measurements.NAME` for what may differ from technique to technique.
#pragma once
#include <vector>

#include "sim/image/image.hpp"
#include "sim/mem/ram.hpp"
#include "sim/session/report.hpp"

namespace ringside::session {

struct ObservationSlot {
    std::string name;
    u32 address = 0;   ///< as linked
    u32 physical = 0;  ///< guest-physical
};

/// In order of address; the array's `end` is no slot.
std::vector<ObservationSlot> observation_slots(const image::Image& guest,
                                               std::string_view array = "observations");
/// What lies in them before the guest has written anything.
std::vector<Observation> initial_observations(const image::Image& guest);
/// Their values; `guest_memory` is where guest-physical 0 lies.
std::vector<Observation> read_observations(const image::Image& guest, const mem::Ram& ram,
                                           HostPhys guest_memory,
                                           std::string_view array = "observations");

}  // namespace ringside::session
