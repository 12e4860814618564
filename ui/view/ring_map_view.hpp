// What the ring map shows: where the CPU is and who lives where.
#pragma once
#include <array>
#include <string>

#include "ui/view/world.hpp"

namespace ringside::ui {

struct RingMapView {
    bool vmx = false;  ///< VMX operation is on: the frame around the rings is drawn
    bool in_root =
        false;    ///< with vmx: the CPU is in VMX root operation, outside the guest's rings
    u8 ring = 0;  ///< CPL
    World world = World::GuestKernel;
    std::array<std::string, 4> who;  ///< whose code lives at each ring; empty: nobody's
    std::string root_who;            ///< with vmx: whose code lives in root operation
    std::string where;               ///< "Ring 1 · guest kernel"
    std::string sentence;            ///< one sentence about it
};

}  // namespace ringside::ui
