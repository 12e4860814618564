// All that depends on ImGui's version. 1.86: it loses keys released within a frame, so keys come
// from the window itself; no docking.
#pragma once
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <optional>

#include "ui/app/key_press.hpp"

namespace ringside::ui {

inline std::optional<Key> key_of(int platform_key) {
    switch (platform_key) {
        case GLFW_KEY_LEFT: return Key::Left;
        case GLFW_KEY_RIGHT: return Key::Right;
        case GLFW_KEY_UP: return Key::Up;
        case GLFW_KEY_DOWN: return Key::Down;
        case GLFW_KEY_HOME: return Key::Home;
        case GLFW_KEY_END: return Key::End;
        case GLFW_KEY_SPACE: return Key::Space;
        case GLFW_KEY_N: return Key::N;
        case GLFW_KEY_T: return Key::T;
        case GLFW_KEY_M: return Key::M;
        case GLFW_KEY_R: return Key::R;
        case GLFW_KEY_EQUAL: return Key::Plus;
        case GLFW_KEY_MINUS: return Key::Minus;
        default: return {};
    }
}

/// No widget wants the keyboard: arrow keys may step.
inline bool keyboard_free() {
    return !ImGui::GetIO().WantTextInput && !ImGui::IsAnyItemActive() &&
           !ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
}

}  // namespace ringside::ui
