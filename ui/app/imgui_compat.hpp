// All that depends on ImGui's version. 1.86: keys are the platform's numbers, no docking.
#pragma once
#include <GLFW/glfw3.h>
#include <imgui.h>

#include "sim/base/types.hpp"

namespace ringside::ui {

enum class Key : u8 { Left, Right, Up, Down, N, Home, End, Space, Escape, T, M, R, Plus, Minus };

inline int platform_key(Key key) {
    switch (key) {
        case Key::Left: return GLFW_KEY_LEFT;
        case Key::Right: return GLFW_KEY_RIGHT;
        case Key::Up: return GLFW_KEY_UP;
        case Key::Down: return GLFW_KEY_DOWN;
        case Key::N: return GLFW_KEY_N;
        case Key::Home: return GLFW_KEY_HOME;
        case Key::End: return GLFW_KEY_END;
        case Key::Space: return GLFW_KEY_SPACE;
        case Key::Escape: return GLFW_KEY_ESCAPE;
        case Key::T: return GLFW_KEY_T;
        case Key::M: return GLFW_KEY_M;
        case Key::R: return GLFW_KEY_R;
        case Key::Plus: return GLFW_KEY_EQUAL;
        case Key::Minus: return GLFW_KEY_MINUS;
    }
    return GLFW_KEY_UNKNOWN;
}

inline bool pressed(Key key, bool repeat = true) {
    return ImGui::IsKeyPressed(platform_key(key), repeat);
}

/// No widget wants the keyboard: arrow keys may step.
inline bool keyboard_free() {
    return !ImGui::GetIO().WantTextInput && !ImGui::IsAnyItemActive() &&
           !ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
}

}  // namespace ringside::ui
