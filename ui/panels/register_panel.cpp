// Registers, flags and segments; what the last step changed is marked and shows what it was.
#include "ui/panels/panels.hpp"
#include "ui/widgets/rows.hpp"

namespace ringside::ui {
namespace {

void draw_rows(Paint& paint, const std::vector<RegisterRow>& rows, float name, float value) {
    for (const RegisterRow& row : rows)
        value_row(paint, {row.name, row.value, row.before, row.note, row.changed}, name, value);
}

void draw_flags(Paint& paint, const RegisterView& view) {
    paint.text("EFLAGS " + view.eflags, paint.theme.muted, paint.faces.small);
    const float right = ImGui::GetCursorScreenPos().x + ImGui::GetContentRegionAvail().x;
    for (size_t i = 0; i < view.flags.size(); ++i) {
        const FlagCell& flag = view.flags[i];
        if (i > 0 && ImGui::GetItemRectMax().x + paint.px(44) < right)
            ImGui::SameLine(0, paint.px(4));
        flag_box(paint, {flag.name, flag.value, flag.meaning, flag.set, flag.changed});
    }
}

}  // namespace

void draw_registers(Paint& paint, const RegisterView& view) {
    if (view.general.empty()) {
        paint.paragraph("The registers will be shown here.", paint.theme.faint);
        return;
    }
    const float glyph = paint.width("0", paint.faces.mono);
    const float gap = paint.px(12), all = ImGui::GetContentRegionAvail().x;
    const float left = all * 0.485f;
    ImGui::BeginChild("general", ImVec2(left, 0), false);
    draw_rows(paint, view.general, glyph * 4.2f, glyph * 9.3f);
    ImGui::EndChild();
    ImGui::SameLine(0, gap);
    ImGui::BeginChild("rest", ImVec2(0, 0), false);
    draw_flags(paint, view);
    paint.gap(4);
    draw_rows(paint, view.segments, glyph * 4.2f, glyph * 5.2f);
    draw_rows(paint, view.system, glyph * 4.2f, glyph * 9.3f);
    ImGui::EndChild();
}

}  // namespace ringside::ui
