// Each row lays itself out at the cursor and takes the width that there is.
#include "ui/widgets/rows.hpp"

#include <algorithm>

namespace ringside::ui {

bool code_line(Paint& paint, const CodeLine& line, float address_width) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float wide = ImGui::GetContentRegionAvail().x, tall = paint.line(paint.faces.mono);
    const float text_y = at.y + (tall - paint.faces.mono->FontSize) / 2;
    if (line.current) {
        list->AddRectFilled(
            at, ImVec2(at.x + wide, at.y + tall),
            blend(paint.theme.panel, line.current_colour, paint.theme.dark ? 0.34f : 0.24f),
            paint.px(3));
        list->AddRectFilled(at, ImVec2(at.x + paint.px(4), at.y + tall), line.current_colour);
        const float x = at.x + paint.px(8), y = at.y + tall / 2, r = paint.px(5);
        list->AddTriangleFilled(ImVec2(x, y - r), ImVec2(x + r * 1.5f, y), ImVec2(x, y + r),
                                line.current_colour);
    }
    float x = at.x + paint.px(19);
    if (!line.heading) {
        paint.text_at(list, ImVec2(x, text_y), line.left, paint.theme.faint, paint.faces.mono);
        x += address_width;
    }
    float right = at.x + wide - paint.px(4);
    if (!line.tag.empty()) {
        const float tag = paint.width(line.tag, paint.faces.small);
        list->AddRectFilled(ImVec2(right - tag - paint.px(10), at.y + paint.px(1)),
                            ImVec2(right, at.y + tall - paint.px(1)), faded(line.tag_colour, 0.20f),
                            paint.px(4));
        paint.text_at(
            list,
            ImVec2(right - tag - paint.px(5), at.y + (tall - paint.faces.small->FontSize) / 2),
            line.tag, line.tag_colour, paint.faces.small);
        right -= tag + paint.px(14);
    }
    ImFont* face = line.current ? paint.faces.mono_bold : paint.faces.mono;
    paint.text_at(list, ImVec2(x, text_y), line.text, line.ink, face,
                  std::max(right - x, paint.px(20)));
    return ImGui::InvisibleButton("row", ImVec2(std::max(wide, 1.0f), tall));
}

void value_row(Paint& paint, const NamedValue& row, float name_width, float value_width) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float wide = ImGui::GetContentRegionAvail().x, tall = paint.line(paint.faces.mono);
    const float y = at.y + (tall - paint.faces.mono->FontSize) / 2;
    paint.text_at(list, ImVec2(at.x, y), row.name, paint.theme.muted, paint.faces.mono);
    const float x = at.x + name_width;
    if (row.changed) {
        list->AddRectFilled(ImVec2(x - paint.px(4), at.y + 1),
                            ImVec2(x + paint.width(row.value, paint.faces.mono_bold) + paint.px(4),
                                   at.y + tall - 1),
                            faded(paint.theme.accent, paint.theme.dark ? 0.22f : 0.18f),
                            paint.px(3));
    }
    paint.text_at(list, ImVec2(x, y), row.value,
                  row.changed ? paint.theme.accent : paint.theme.text,
                  row.changed ? paint.faces.mono_bold : paint.faces.mono);
    const float after = x + value_width;
    const std::string tail = row.changed && !row.before.empty() ? "was " + row.before : row.note;
    if (!tail.empty())
        paint.text_at(list, ImVec2(after, at.y + (tall - paint.faces.small->FontSize) / 2), tail,
                      row.changed ? paint.theme.muted : paint.theme.faint, paint.faces.small,
                      std::max(paint.px(16), at.x + wide - after));
    ImGui::Dummy(ImVec2(wide, tall));
    if (!row.note.empty()) hint(paint, row.name + ": " + row.note);
}

void flag_box(Paint& paint, const FlagBox& flag) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float name_tall = paint.faces.small->FontSize,
                value_tall = paint.faces.mono_bold->FontSize;
    const ImVec2 size(
        std::max(paint.width(flag.name, paint.faces.small), paint.px(16)) + paint.px(8),
        name_tall + value_tall + paint.px(7));
    const ImU32 ground = flag.changed ? blend(paint.theme.panel, paint.theme.accent, 0.25f)
                         : flag.set   ? paint.theme.control
                                      : paint.theme.panel;
    list->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), ground, paint.px(4));
    list->AddRect(at, ImVec2(at.x + size.x, at.y + size.y),
                  flag.changed ? paint.theme.accent : paint.theme.border, paint.px(4), 0,
                  paint.px(flag.changed ? 2.0f : 1.0f));
    const ImU32 ink = flag.changed ? paint.theme.accent
                      : flag.set   ? paint.theme.text
                                   : paint.theme.faint;
    paint.text_at(list, ImVec2(at.x + size.x / 2, at.y + paint.px(2)), flag.name,
                  flag.set || flag.changed ? paint.theme.muted : paint.theme.faint,
                  paint.faces.small, 0, Align::Centre);
    paint.text_at(list, ImVec2(at.x + size.x / 2, at.y + paint.px(3) + name_tall), flag.value, ink,
                  paint.faces.mono_bold, 0, Align::Centre);
    ImGui::Dummy(size);
    hint(paint, flag.sentence);
}

void share_bar(Paint& paint, const std::vector<Share>& shares, float height) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float wide = ImGui::GetContentRegionAvail().x;
    float x = at.x;
    list->AddRectFilled(at, ImVec2(at.x + wide, at.y + height), paint.theme.control, paint.px(4));
    for (const Share& share : shares) {
        const float end = x + float(share.share) * wide;
        if (end - x > 0.5f)
            list->AddRectFilled(ImVec2(x, at.y), ImVec2(std::max(end - 1, x + 1), at.y + height),
                                share.colour, paint.px(3));
        x = end;
    }
    ImGui::Dummy(ImVec2(wide, height + paint.px(3)));
    for (const Share& share : shares) {
        const ImVec2 row = ImGui::GetCursorScreenPos();
        const float tall = paint.line(), y = row.y + (tall - paint.faces.body->FontSize) / 2;
        list->AddRectFilled(ImVec2(row.x, y + paint.px(2)),
                            ImVec2(row.x + paint.px(11), y + paint.px(13)), share.colour,
                            paint.px(2));
        paint.text_at(list, ImVec2(row.x + paint.px(18), y), share.name, paint.theme.text,
                      paint.faces.body);
        paint.text_at(list, ImVec2(row.x + wide, y), share.value, paint.theme.text,
                      paint.faces.body, 0, Align::Right);
        ImGui::Dummy(ImVec2(wide, tall));
    }
}

void badge(Paint& paint, const std::string& word, ImU32 ground, ImU32 ink, ImFont* face) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 size(paint.width(word, face) + paint.px(20), paint.line(face) + paint.px(6));
    list->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), ground, paint.px(7));
    paint.text_at(list, ImVec2(at.x + paint.px(10), at.y + (size.y - face->FontSize) / 2), word,
                  ink, face);
    ImGui::Dummy(size);
}

}  // namespace ringside::ui
