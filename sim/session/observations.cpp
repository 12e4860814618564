#include "sim/session/observations.hpp"

#include <string_view>

namespace ringside::session {

std::vector<ObservationSlot> observation_slots(const image::Image& guest, std::string_view array) {
    const std::string prefix = std::string(array) + ".";
    std::vector<ObservationSlot> out;
    for (const image::Symbol& symbol : guest.symbols.all()) {
        if (!symbol.raw.starts_with(prefix) || symbol.raw == prefix + "end") continue;
        if (const auto physical = guest.physical(symbol.address))
            out.push_back({symbol.raw.substr(prefix.size()), symbol.address, *physical});
    }
    return out;
}

namespace {

/// A byte as the image is loaded, 0 where it says nothing.
u8 loaded_byte(const image::Image& image, u32 physical) {
    for (const image::Segment& segment : image.segments)
        if (physical - segment.paddr < segment.bytes.size())
            return segment.bytes[physical - segment.paddr];
    return 0;
}

}  // namespace

std::vector<Observation> initial_observations(const image::Image& guest) {
    std::vector<Observation> out;
    for (const ObservationSlot& slot : observation_slots(guest)) {
        u32 value = 0;
        for (u32 n = 0; n < 4; ++n) value |= u32{loaded_byte(guest, slot.physical + n)} << 8 * n;
        out.push_back({slot.name, value});
    }
    return out;
}

std::vector<Observation> read_observations(const image::Image& guest, const mem::Ram& ram,
                                           HostPhys guest_memory, std::string_view array) {
    std::vector<Observation> out;
    for (const ObservationSlot& slot : observation_slots(guest, array))
        out.push_back(
            {slot.name, static_cast<u32>(ram.read({guest_memory.value + slot.physical}, 4))});
    return out;
}

}  // namespace ringside::session
