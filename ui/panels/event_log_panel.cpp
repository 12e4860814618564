// The log of events around the present; a click goes there.
#include <algorithm>

#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"

namespace ringside::ui {
namespace {

bool draw_row(Paint& paint, const LogRow& row, float when_width) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float wide = ImGui::GetContentRegionAvail().x, tall = paint.line();
    const bool pressed = ImGui::InvisibleButton("row", ImVec2(std::max(1.0f, wide), tall));
    if (row.current || ImGui::IsItemHovered())
        list->AddRectFilled(at, ImVec2(at.x + wide, at.y + tall), paint.theme.highlight,
                            paint.px(3));
    const float y = at.y + (tall - paint.faces.body->FontSize) / 2;
    const float alpha = row.future ? 0.5f : 1.0f;
    const bool plain = row.tone == Tone::Plain || row.tone == Tone::Crossing;
    const ImU32 colour = colour_of(paint.theme, row.tone);
    list->AddRectFilled(ImVec2(at.x, at.y + paint.px(3)),
                        ImVec2(at.x + paint.px(4), at.y + tall - paint.px(3)), faded(colour, alpha),
                        paint.px(2));
    paint.text_at(list, ImVec2(at.x + paint.px(10) + when_width, y), row.when,
                  faded(paint.theme.faint, alpha), paint.faces.body, 0, Align::Right);
    const float x = at.x + when_width + paint.px(20);
    paint.text_at(list, ImVec2(x, y), row.text, faded(plain ? paint.theme.text : colour, alpha),
                  row.current ? paint.faces.bold : paint.faces.body,
                  std::max(paint.px(20), at.x + wide - x));
    hint(paint, row.text);
    return pressed;
}

}  // namespace

void draw_event_log(Paint& paint, const HappeningView& view, Commands& commands) {
    if (view.log.empty()) {
        paint.paragraph("Nothing has happened yet: step with the right arrow key.",
                        paint.theme.faint);
        return;
    }
    float when = 0;
    for (const LogRow& row : view.log) when = std::max(when, paint.width(row.when));
    for (const LogRow& row : view.log) {
        ImGui::PushID(int(row.event));
        if (draw_row(paint, row, when)) commands.push_back(GoToEvent{row.event});
        if (row.current && !ImGui::IsItemVisible()) ImGui::SetScrollHereY(0.5f);
        ImGui::PopID();
    }
}

}  // namespace ringside::ui
