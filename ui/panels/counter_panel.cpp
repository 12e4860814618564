// What the run cost so far, and to whom.
#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"
#include "ui/widgets/rows.hpp"

namespace ringside::ui {
namespace {

void draw_counts(Paint& paint, const CounterView& view) {
    for (const CounterRow& row : view.rows) {
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const float wide = ImGui::GetContentRegionAvail().x;
        ImDrawList* list = ImGui::GetWindowDrawList();
        const float y = at.y + (paint.line() - paint.faces.body->FontSize) / 2;
        paint.text_at(list, ImVec2(at.x, y), row.name, paint.theme.muted, paint.faces.body);
        paint.text_at(list, ImVec2(at.x + wide, y), row.value, paint.theme.text, paint.faces.bold,
                      0, Align::Right);
        ImGui::Dummy(ImVec2(wide, paint.line()));
        hint(paint, row.meaning);
    }
}

}  // namespace

void draw_counters(Paint& paint, const CounterView& view) {
    if (view.rows.empty()) {
        paint.paragraph("Counters start with the first instruction.", paint.theme.faint);
        return;
    }
    const float gap = paint.px(18), half = (ImGui::GetContentRegionAvail().x - gap) / 2;
    ImGui::BeginChild("cost", ImVec2(half, 0));
    paint.text(view.total, paint.theme.text, paint.faces.bold);
    std::vector<Share> shares;
    for (const CostPart& part : view.cost)
        shares.push_back(
            {part.name, part.value, part.share,
             part.world < 0 ? paint.theme.transition : colour_of(paint.theme, World(part.world))});
    share_bar(paint, shares, paint.px(14));
    ImGui::EndChild();
    ImGui::SameLine(0, gap);
    ImGui::BeginChild("counts", ImVec2(0, 0));
    draw_counts(paint, view);
    ImGui::EndChild();
}

}  // namespace ringside::ui
