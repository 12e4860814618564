// The colours, dark and light. World colours are Okabe and Ito's, which stay apart for the
// colour-blind; no colour ever stands alone: a word or a shape says the same.
#pragma once
#include <imgui.h>

#include <array>

#include "sim/base/types.hpp"

namespace ringside::ui {

struct Theme {
    bool dark = true;
    ImU32 background, panel, title, border, text, muted, faint, highlight, control, control_hot;
    ImU32 accent;  ///< cursor, focus
    ImU32 wrong;   ///< differs from native
    ImU32 silent;  ///< did not trap
    ImU32 good;
    ImU32 on_colour;             ///< text on a filled world colour
    std::array<ImU32, 6> world;  ///< guest application, guest kernel, translated code, VMM, host
                                 ///< kernel, host process
    std::array<ImU32, 4> ring;   ///< fill of each ring's band, 0 to 3
    ImU32 root;                  ///< fill of the frame of VMX root operation
    ImU32 transition;            ///< cycles of the hardware's crossings
};

Theme dark_theme();
Theme light_theme();

/// `colour` with its opacity multiplied by `alpha`.
ImU32 faded(ImU32 colour, float alpha);
/// A colour between `a` and `b`; opaque.
ImU32 blend(ImU32 a, ImU32 b, float share_of_b);

}  // namespace ringside::ui
