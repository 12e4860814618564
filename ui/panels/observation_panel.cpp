// What the guest recorded, beside what it records on the bare machine.
#include <algorithm>

#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"
#include "ui/widgets/rows.hpp"

namespace ringside::ui {
namespace {

void draw_cell(Paint& paint, ImVec2 at, const std::string& words, ImU32 ink, ImFont* face,
               float room) {
    paint.text_at(ImGui::GetWindowDrawList(), at, words, ink, face, room);
}

/// Where the columns begin, from the left.
struct Columns {
    float here = 0, native = 0, word = 0;
};

void draw_row(Paint& paint, const ObservationRow& row, const Columns& columns) {
    const Theme& theme = paint.theme;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float wide = ImGui::GetContentRegionAvail().x, tall = paint.line(paint.faces.mono);
    const bool wrong = row.agreement == Agreement::Different;
    if (wrong)
        ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(at.x + wide, at.y + tall),
                                                  faded(theme.wrong, 0.16f), paint.px(3));
    const float y = at.y + (tall - paint.faces.mono->FontSize) / 2;
    const ImU32 ink = wrong                              ? theme.wrong
                      : row.agreement == Agreement::Same ? theme.text
                                                         : theme.faint;
    draw_cell(paint, ImVec2(at.x + paint.px(4), y), row.name, theme.text, paint.faces.body,
              columns.here - paint.px(8));
    draw_cell(paint, ImVec2(at.x + columns.here, y), row.here, ink,
              wrong ? paint.faces.mono_bold : paint.faces.mono, columns.native - columns.here);
    draw_cell(paint, ImVec2(at.x + columns.native, y), row.native, theme.muted, paint.faces.mono,
              columns.word - columns.native);
    const float x = at.x + columns.word;
    const std::string word = wrong ? (row.culprit.empty() ? "differs" : row.culprit)
                             : row.agreement == Agreement::Same ? "same"
                                                                : "not yet";
    draw_cell(paint, ImVec2(x, y), word,
              wrong                              ? theme.wrong
              : row.agreement == Agreement::Same ? theme.good
                                                 : theme.faint,
              paint.faces.body, at.x + wide - x);
    ImGui::Dummy(ImVec2(wide, tall));
    if (!row.culprit.empty()) hint(paint, row.culprit);
}

}  // namespace

void draw_observations(Paint& paint, const ObservationView& view) {
    if (view.rows.empty()) {
        paint.paragraph(view.empty, paint.theme.faint);
        return;
    }
    paint.paragraph(view.verdict, colour_of(paint.theme, view.tone), paint.faces.bold);
    float name = paint.px(70), here = paint.width("here"), native = paint.width("native");
    for (const ObservationRow& row : view.rows) {
        name = std::max(name, paint.width(row.name));
        here = std::max(here, paint.width(row.here, paint.faces.mono_bold));
        native = std::max(native, paint.width(row.native, paint.faces.mono));
    }
    const float gap = paint.px(16), widest = ImGui::GetContentRegionAvail().x * 0.25f;
    Columns columns;
    columns.here = name + gap;
    columns.native = columns.here + std::min(here, widest) + gap;
    columns.word = columns.native + std::min(native, widest) + gap;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    draw_cell(paint, ImVec2(at.x + columns.here, at.y), "here", paint.theme.faint,
              paint.faces.small, 0);
    draw_cell(paint, ImVec2(at.x + columns.native, at.y), "native", paint.theme.faint,
              paint.faces.small, 0);
    ImGui::Dummy(ImVec2(1, paint.line(paint.faces.small)));
    for (const ObservationRow& row : view.rows) draw_row(paint, row, columns);
}

}  // namespace ringside::ui
