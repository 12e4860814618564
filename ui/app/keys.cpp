// What the keys mean.
#include <algorithm>
#include <cmath>

#include "ui/app/frame.hpp"
#include "ui/app/imgui_compat.hpp"

namespace ringside::ui {
namespace {

Command run_or_pause(const ToolbarView& view, float speed) {
    if (view.running) return Pause{};
    return Play{speed >= fastest - 0.05f ? 0 : std::pow(10.0, double(speed))};
}

void step(const KeyPress& press, int way, Commands& commands) {
    const Unit unit = press.control ? Unit::Crossing
                      : press.shift ? Unit::Event
                                    : Unit::Instruction;
    commands.push_back(Step{unit, way});
}

void handle(const KeyPress& press, const ToolbarView& view, FrameState& state, Commands& commands) {
    switch (press.key) {
        case Key::Right: return step(press, 1, commands);
        case Key::Left: return step(press, -1, commands);
        case Key::Down: return commands.push_back(StepGuest{1});
        case Key::Up: return commands.push_back(StepGuest{-1});
        case Key::N: return commands.push_back(StepNotable{press.shift ? -1 : 1});
        case Key::Home: return commands.push_back(GoToStart{});
        case Key::End: return commands.push_back(GoToEnd{});
        default: break;
    }
    if (press.repeated) return;
    switch (press.key) {
        case Key::Space: commands.push_back(run_or_pause(view, state.settings.speed)); break;
        case Key::T: state.settings.dark = !state.settings.dark; break;
        case Key::M: state.settings.motion = !state.settings.motion; break;
        case Key::R: state.layout = Layout::standard(); break;
        case Key::Plus:
            if (press.control) state.scale = std::min(3.0f, state.scale + 0.25f);
            break;
        case Key::Minus:
            if (press.control) state.scale = std::max(1.0f, state.scale - 0.25f);
            break;
        default: break;
    }
}

}  // namespace

void handle_keys(const ToolbarView& view, FrameState& state, Commands& commands) {
    if (keyboard_free())
        for (const KeyPress& press : state.keys) handle(press, view, state, commands);
    state.keys.clear();
}

}  // namespace ringside::ui
