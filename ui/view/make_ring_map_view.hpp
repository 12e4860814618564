// Where the CPU is, and who has been seen where.
#pragma once
#include "sim/session/story.hpp"
#include "ui/view/ring_map_view.hpp"

namespace ringside::ui {

struct CpuPlace {
    World world{};
    u8 ring = 0;
    bool vmx = false;       ///< VMX operation is on
    bool non_root = false;  ///< running a guest under VMX
    bool native = false;    ///< there is no VMM
};

RingMapView make_ring_map_view(const CpuPlace& place, const session::Story& story);

}  // namespace ringside::ui
