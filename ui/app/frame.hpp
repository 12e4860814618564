// One frame of the window: the same function for the screen and for a screenshot.
#pragma once
#include <optional>

#include <vector>

#include "ui/app/key_press.hpp"
#include "ui/app/layout.hpp"
#include "ui/panels/panels.hpp"

namespace ringside::ui {

/// What the window remembers from frame to frame.
struct FrameState {
    Settings settings;
    Layout layout = Layout::standard();
    TokenMotion token;
    std::vector<KeyPress> keys;     ///< pressed since the last frame
    std::optional<size_t> dragged;  ///< the place whose title is being dragged
    float scale = 1;
    bool moving = false;  ///< something still travels: draw on
};

/// Between ImGui::NewFrame and ImGui::Render.
void draw_frame(Paint& paint, const WindowView& view, FrameState& state, Commands& commands);
/// Arrow keys and the others, when no widget has the keyboard.
void handle_keys(const ToolbarView& view, FrameState& state, Commands& commands);

}  // namespace ringside::ui
