#include "sim/session/observations.hpp"

#include <string_view>

namespace ringside::session {

std::vector<ObservationSlot> observation_slots(const image::Image& guest) {
    constexpr std::string_view prefix = "observations.";
    std::vector<ObservationSlot> out;
    for (const image::Symbol& symbol : guest.symbols.all()) {
        if (!symbol.raw.starts_with(prefix) || symbol.raw == "observations.end") continue;
        if (const auto physical = guest.physical(symbol.address))
            out.push_back({symbol.raw.substr(prefix.size()), symbol.address, *physical});
    }
    return out;
}

std::vector<Observation> read_observations(const image::Image& guest, const mem::Ram& ram,
                                           HostPhys guest_memory) {
    std::vector<Observation> out;
    for (const ObservationSlot& slot : observation_slots(guest))
        out.push_back(
            {slot.name, static_cast<u32>(ram.read({guest_memory.value + slot.physical}, 4))});
    return out;
}

}  // namespace ringside::session
