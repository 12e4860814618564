// Shapes on a rounded ground; the ground tells hovered from pressed from disabled.
#include "ui/widgets/button.hpp"

#include <cmath>

namespace ringside::ui {
namespace {

void triangle(ImDrawList* list, ImVec2 c, float r, float way, ImU32 ink) {
    list->AddTriangleFilled(ImVec2(c.x + way * r, c.y), ImVec2(c.x - way * r * 0.8f, c.y - r),
                            ImVec2(c.x - way * r * 0.8f, c.y + r), ink);
}
void bar(ImDrawList* list, ImVec2 c, float r, float thick, ImU32 ink) {
    list->AddRectFilled(ImVec2(c.x - thick / 2, c.y - r), ImVec2(c.x + thick / 2, c.y + r), ink);
}

void draw_icon(Paint& paint, ImDrawList* list, Icon icon, ImVec2 c, ImU32 ink, ImU32 ground) {
    const float r = paint.px(7), thick = paint.px(3);
    switch (icon) {
        case Icon::ToStart:
            bar(list, ImVec2(c.x - r, c.y), r, thick, ink);
            triangle(list, ImVec2(c.x + paint.px(2), c.y), r, -1, ink);
            break;
        case Icon::Back: triangle(list, c, r, -1, ink); break;
        case Icon::Forward: triangle(list, c, r, 1, ink); break;
        case Icon::ToEnd:
            bar(list, ImVec2(c.x + r, c.y), r, thick, ink);
            triangle(list, ImVec2(c.x - paint.px(2), c.y), r, 1, ink);
            break;
        case Icon::Play: triangle(list, c, paint.px(9), 1, ink); break;
        case Icon::Pause:
            bar(list, ImVec2(c.x - paint.px(4), c.y), r, paint.px(4), ink);
            bar(list, ImVec2(c.x + paint.px(4), c.y), r, paint.px(4), ink);
            break;
        case Icon::Sun:
            list->AddCircleFilled(c, paint.px(4.5f), ink, 24);
            for (int i = 0; i < 8; ++i) {
                const float a = float(i) * 0.785398f, in = paint.px(6.5f), out = paint.px(9);
                list->AddLine(ImVec2(c.x + std::cos(a) * in, c.y + std::sin(a) * in),
                              ImVec2(c.x + std::cos(a) * out, c.y + std::sin(a) * out), ink,
                              paint.px(1.8f));
            }
            break;
        case Icon::Moon:
            list->AddCircleFilled(c, paint.px(8), ink, 32);
            list->AddCircleFilled(ImVec2(c.x + paint.px(4), c.y - paint.px(3)), paint.px(7), ground,
                                  32);
            break;
    }
}

}  // namespace

bool icon_button(Paint& paint, const char* name, Icon icon, bool enabled, const char* sentence) {
    const ImVec2 at = ImGui::GetCursorScreenPos(), size(paint.px(36), paint.px(32));
    const bool pressed = ImGui::InvisibleButton(name, size) && enabled;
    hint(paint, sentence);
    const bool hot = enabled && ImGui::IsItemHovered();
    const ImU32 ground = hot ? paint.theme.control_hot : paint.theme.control;
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), ground, paint.px(6));
    draw_icon(paint, list, icon, ImVec2(at.x + size.x / 2, at.y + size.y / 2),
              enabled ? paint.theme.text : faded(paint.theme.faint, 0.5f), ground);
    return pressed;
}

int choice_row(Paint& paint, const char* name, const std::vector<std::string>& labels, int chosen,
               const std::vector<std::string>& sentences) {
    int pressed = -1;
    ImDrawList* list = ImGui::GetWindowDrawList();
    ImGui::PushID(name);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(paint.px(3), 0));
    for (size_t i = 0; i < labels.size(); ++i) {
        if (i > 0) ImGui::SameLine();
        const ImVec2 at = ImGui::GetCursorScreenPos();
        const ImVec2 size(paint.width(labels[i], paint.faces.bold) + paint.px(20), paint.px(32));
        ImGui::PushID(int(i));
        if (ImGui::InvisibleButton("choice", size)) pressed = int(i);
        if (i < sentences.size()) hint(paint, sentences[i]);
        const bool hot = ImGui::IsItemHovered(), mine = int(i) == chosen;
        ImGui::PopID();
        const ImU32 ground = mine  ? paint.theme.text
                             : hot ? paint.theme.control_hot
                                   : paint.theme.control;
        list->AddRectFilled(at, ImVec2(at.x + size.x, at.y + size.y), ground, paint.px(6));
        paint.text_at(list,
                      ImVec2(at.x + size.x / 2, at.y + (size.y - paint.faces.bold->FontSize) / 2),
                      labels[i], mine ? paint.theme.panel : paint.theme.text, paint.faces.bold, 0,
                      Align::Centre);
    }
    ImGui::PopStyleVar();
    ImGui::PopID();
    return pressed;
}

int drop_down(Paint& paint, const char* name, const std::vector<std::string>& labels, int chosen,
              float width) {
    int picked = -1;
    ImGui::PushFont(paint.faces.bold);
    ImGui::SetNextItemWidth(width);
    ImGui::PushStyleVar(ImGuiStyleVar_FramePadding,
                        ImVec2(paint.px(10), (paint.px(32) - paint.faces.bold->FontSize) / 2));
    const char* shown =
        chosen >= 0 && size_t(chosen) < labels.size() ? labels[size_t(chosen)].c_str() : "";
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(paint.px(10), paint.px(8)));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(paint.px(8), paint.px(9)));
    if (ImGui::BeginCombo(name, shown, ImGuiComboFlags_HeightLarge)) {
        for (size_t i = 0; i < labels.size(); ++i)
            if (ImGui::Selectable(labels[i].c_str(), int(i) == chosen)) picked = int(i);
        ImGui::EndCombo();
    }
    ImGui::PopStyleVar(3);
    ImGui::PopFont();
    return picked;
}

}  // namespace ringside::ui
