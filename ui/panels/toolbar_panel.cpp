// Scenario, technique, steps, run and pause, theme.
#include <cmath>

#include "ui/panels/panels.hpp"
#include "ui/widgets/button.hpp"

namespace ringside::ui {
namespace {

std::vector<std::string> titles(const std::vector<Choice>& choices) {
    std::vector<std::string> all;
    for (const Choice& choice : choices) all.push_back(choice.title);
    return all;
}

void draw_steps(Paint& paint, const ToolbarView& view, const Settings& settings,
                Commands& commands) {
    const float gap = paint.px(3);
    if (icon_button(paint, "start", Icon::ToStart, !view.at_start, "Back to the start (Home)"))
        commands.push_back(GoToStart{});
    ImGui::SameLine(0, gap);
    if (icon_button(paint, "back", Icon::Back, !view.at_start, "One step back (Left arrow)"))
        commands.push_back(step_command(settings.unit, -1));
    ImGui::SameLine(0, gap);
    if (icon_button(paint, "step", Icon::Forward, !view.at_end, "One step forward (Right arrow)"))
        commands.push_back(step_command(settings.unit, 1));
    ImGui::SameLine(0, gap);
    if (icon_button(paint, "end", Icon::ToEnd, !view.at_end, "On to the end of the run (End)"))
        commands.push_back(GoToEnd{});
}

std::string speed_text(float speed) {
    if (speed >= fastest - 0.05f) return "as fast as it goes";
    const double rate = std::pow(10.0, double(speed));
    if (rate < 1) return "one in " + std::to_string(int(1 / rate + 0.5)) + " s";
    return std::to_string(long(rate + 0.5)) + " / s";
}

double rate_of(float speed) { return speed >= fastest - 0.05f ? 0 : std::pow(10.0, double(speed)); }

void draw_run(Paint& paint, const ToolbarView& view, Settings& settings, Commands& commands) {
    if (view.running) {
        if (icon_button(paint, "run", Icon::Pause, true, "Pause (Space)"))
            commands.push_back(Pause{});
    } else if (icon_button(paint, "run", Icon::Play, !view.at_end, "Run (Space)")) {
        commands.push_back(Play{rate_of(settings.speed)});
    }
    ImGui::SameLine(0, paint.px(8));
    ImGui::SetNextItemWidth(paint.px(140));
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                        ImVec2(paint.px(6), (paint.px(32) - paint.faces.body->FontSize) / 2));
    const std::string label = speed_text(settings.speed);
    if (ImGui::SliderFloat("##speed", &settings.speed, slowest, fastest, label.c_str(),
                           ImGuiSliderFlags_NoInput) &&
        view.running)
        commands.push_back(Play{rate_of(settings.speed)});
    ImGui::PopStyleVar();
    hint(paint, "Instructions run in a second of your time");
}

}  // namespace

Command step_command(StepBy by, int way) {
    switch (by) {
        case StepBy::Instruction: return Step{Unit::Instruction, way};
        case StepBy::Guest: return StepGuest{way};
        case StepBy::Event: return Step{Unit::Event, way};
        case StepBy::Crossing: return Step{Unit::Crossing, way};
    }
    return Step{Unit::Instruction, way};
}

void draw_toolbar(Paint& paint, const ToolbarView& view, Settings& settings, Commands& commands) {
    const float gap = paint.px(12);
    const int scenario =
        drop_down(paint, "##scenario", titles(view.scenarios), view.scenario, paint.px(315));
    if (scenario >= 0) commands.push_back(ChooseScenario{view.scenarios[size_t(scenario)].name});
    ImGui::SameLine(0, paint.px(8));
    const int technique =
        drop_down(paint, "##technique", titles(view.techniques), view.technique, paint.px(180));
    if (technique >= 0)
        commands.push_back(ChooseTechnique{view.techniques[size_t(technique)].name});
    ImGui::SameLine(0, gap);
    draw_steps(paint, view, settings, commands);
    ImGui::SameLine(0, gap);
    const int unit = choice_row(
        paint, "unit", {"instruction", "guest", "event", "crossing"}, int(settings.unit),
        {"The step buttons go by instruction (Left and Right)",
         "By the guest's instructions: the VMM's work is passed over (Up and Down)",
         "By event (Shift with Left and Right)", "By ring crossing (Ctrl with Left and Right)"});
    if (unit >= 0) settings.unit = StepBy(unit);
    ImGui::SameLine(0, gap);
    draw_run(paint, view, settings, commands);
    ImGui::SameLine(ImGui::GetWindowWidth() - paint.px(36 + 10));
    if (icon_button(paint, "theme", settings.dark ? Icon::Sun : Icon::Moon, true,
                    "Dark or light (T)"))
        settings.dark = !settings.dark;
}

}  // namespace ringside::ui
