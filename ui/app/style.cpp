// Flat, rounded, little chrome: the content has the colours.
#include "ui/app/style.hpp"

namespace ringside::ui {

void apply_style(const Theme& theme, float scale) {
    ImGuiStyle style;
    style.WindowPadding = ImVec2(0, 0);
    style.WindowBorderSize = 0;
    style.WindowRounding = 0;
    style.ChildBorderSize = 0;
    style.FrameRounding = 6;
    style.GrabRounding = 5;
    style.GrabMinSize = 14;
    style.PopupRounding = 6;
    style.ScrollbarSize = 10;
    style.ScrollbarRounding = 5;
    style.ItemSpacing = ImVec2(6, 2);
    style.FramePadding = ImVec2(8, 5);
    style.ScaleAllSizes(scale);
    const auto set = [&style](ImGuiCol slot, ImU32 colour) {
        style.Colors[slot] = ImGui::ColorConvertU32ToFloat4(colour);
    };
    set(ImGuiCol_Text, theme.text);
    set(ImGuiCol_TextDisabled, theme.faint);
    set(ImGuiCol_WindowBg, theme.background);
    set(ImGuiCol_ChildBg, 0);
    set(ImGuiCol_PopupBg, theme.title);
    set(ImGuiCol_Border, theme.border);
    set(ImGuiCol_FrameBg, theme.control);
    set(ImGuiCol_FrameBgHovered, theme.control_hot);
    set(ImGuiCol_FrameBgActive, theme.control_hot);
    set(ImGuiCol_Button, theme.control);
    set(ImGuiCol_ButtonHovered, theme.control_hot);
    set(ImGuiCol_ButtonActive, theme.control_hot);
    set(ImGuiCol_Header, theme.highlight);
    set(ImGuiCol_HeaderHovered, theme.control_hot);
    set(ImGuiCol_HeaderActive, theme.control_hot);
    set(ImGuiCol_ScrollbarBg, 0);
    set(ImGuiCol_ScrollbarGrab, theme.border);
    set(ImGuiCol_ScrollbarGrabHovered, theme.faint);
    set(ImGuiCol_ScrollbarGrabActive, theme.muted);
    set(ImGuiCol_SliderGrab, theme.muted);
    set(ImGuiCol_SliderGrabActive, theme.text);
    set(ImGuiCol_NavHighlight, theme.accent);
    ImGui::GetStyle() = style;
}

}  // namespace ringside::ui
