// What the keys mean.
#include <algorithm>
#include <cmath>

#include "ui/app/frame.hpp"
#include "ui/app/imgui_compat.hpp"

namespace ringside::ui {
namespace {

Unit unit_of_modifiers() {
    const ImGuiIO& io = ImGui::GetIO();
    return io.KeyCtrl ? Unit::Crossing : io.KeyShift ? Unit::Event : Unit::Instruction;
}

}  // namespace

void handle_keys(const ToolbarView& view, FrameState& state, Commands& commands) {
    if (!keyboard_free()) return;
    if (pressed(Key::Right)) commands.push_back(Step{unit_of_modifiers(), 1});
    if (pressed(Key::Left)) commands.push_back(Step{unit_of_modifiers(), -1});
    if (pressed(Key::Down)) commands.push_back(StepGuest{1});
    if (pressed(Key::Up)) commands.push_back(StepGuest{-1});
    if (pressed(Key::N)) commands.push_back(StepNotable{ImGui::GetIO().KeyShift ? -1 : 1});
    if (pressed(Key::Home, false)) commands.push_back(GoToStart{});
    if (pressed(Key::End, false)) commands.push_back(GoToEnd{});
    if (pressed(Key::Space, false)) {
        const float speed = state.settings.speed;
        if (view.running)
            commands.push_back(Pause{});
        else
            commands.push_back(Play{speed >= fastest - 0.05f ? 0 : std::pow(10.0, double(speed))});
    }
    if (pressed(Key::T, false)) state.settings.dark = !state.settings.dark;
    if (pressed(Key::M, false)) state.settings.motion = !state.settings.motion;
    if (pressed(Key::R, false)) state.layout = Layout::standard();
    if (ImGui::GetIO().KeyCtrl && pressed(Key::Plus))
        state.scale = std::min(3.0f, state.scale + 0.25f);
    if (ImGui::GetIO().KeyCtrl && pressed(Key::Minus))
        state.scale = std::max(1.0f, state.scale - 0.25f);
}

}  // namespace ringside::ui
