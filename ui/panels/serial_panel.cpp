// What the guest wrote to its serial port.
#include "ui/panels/panels.hpp"

namespace ringside::ui {

void draw_serial(Paint& paint, const SerialView& view) {
    if (view.lines.empty()) {
        paint.paragraph(view.empty, paint.theme.faint);
        return;
    }
    const bool follow = ImGui::GetScrollY() >= ImGui::GetScrollMaxY() - 1;
    ImGuiListClipper clipper;
    clipper.Begin(int(view.lines.size()), paint.line(paint.faces.mono));
    while (clipper.Step())
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
            paint.text(view.lines[size_t(i)], paint.theme.text, paint.faces.mono);
    if (follow) ImGui::SetScrollHereY(1);
}

}  // namespace ringside::ui
