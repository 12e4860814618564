// The last event in words: what, why, at what cost, and what comes next.
#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"

namespace ringside::ui {

void draw_happening(Paint& paint, const HappeningView& view) {
    const ImU32 colour = colour_of(paint.theme, view.tone);
    const bool alarm = view.tone == Tone::Wrong || view.tone == Tone::Silent;
    const ImVec2 top = ImGui::GetCursorScreenPos();
    const float wide = ImGui::GetContentRegionAvail().x, bar = paint.px(12);
    ImGui::Indent(bar);
    paint.paragraph(view.headline, alarm || view.tone == Tone::Good ? colour : paint.theme.text,
                    paint.faces.head);
    if (!view.body.empty()) paint.paragraph(view.body, paint.theme.text, paint.faces.lead);
    if (!view.why.empty()) {
        paint.gap(3);
        paint.paragraph(view.why, paint.theme.muted);
    }
    if (!view.source.empty()) paint.paragraph(view.source, paint.theme.faint, paint.faces.small);
    if (!view.cost.empty()) {
        paint.gap(3);
        paint.paragraph(view.cost, paint.theme.text, paint.faces.bold);
    }
    ImGui::Unindent(bar);
    const float bottom = ImGui::GetCursorScreenPos().y;
    ImGui::GetWindowDrawList()->AddRectFilled(
        top, ImVec2(top.x + paint.px(4), bottom - paint.px(2)), colour, paint.px(2));
    if (!view.next.empty()) {
        paint.gap(4);
        paint.text("Next", paint.theme.muted, paint.faces.small);
        ImGui::SameLine(0, paint.px(8));
        const float room = wide - (ImGui::GetCursorScreenPos().x - top.x);
        paint.paragraph(view.next, paint.theme.text, paint.faces.mono_bold, room);
    }
}

}  // namespace ringside::ui
