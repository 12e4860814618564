// Concentric rings 3 to 0, the frame of VMX root operation around them, and the CPU as a token that
// travels between them.
#pragma once
#include <array>
#include <string>

#include "ui/widgets/paint.hpp"

namespace ringside::ui {

struct RingDiagram {
    bool frame = false;  ///< draw VMX root operation around the rings
    bool token_in_frame = false;
    unsigned ring = 0;  ///< where the token is, in the rings or in the frame
    ImU32 token = 0;
    std::array<std::string, 4> inside;  ///< what is written in each ring's band
    std::string in_frame;
};

/// Where the token was drawn last; a place to remember motion, nothing else.
struct TokenMotion {
    float from = -1, to = -1;  ///< ring; 4: the frame
    double started = 0;
};

void draw_ring_diagram(Paint& paint, const RingDiagram& diagram, TokenMotion& motion, ImVec2 low,
                       ImVec2 high);

}  // namespace ringside::ui
