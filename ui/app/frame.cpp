// Toolbar above, panels in their splits, a line of status below.
#include "ui/app/frame.hpp"

#include <algorithm>

namespace ringside::ui {
namespace {

constexpr ImGuiWindowFlags bare = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                  ImGuiWindowFlags_NoSavedSettings |
                                  ImGuiWindowFlags_NoBringToFrontOnFocus |
                                  ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNav;

void draw_content(Pane pane, Paint& paint, const WindowView& view, FrameState& state,
                  Commands& commands) {
    switch (pane) {
        case Pane::Rings: draw_ring_map(paint, view.rings, state.token); break;
        case Pane::Code: draw_code(paint, view.code, commands); break;
        case Pane::Registers: draw_registers(paint, view.registers); break;
        case Pane::Happening: draw_happening(paint, view.happening); break;
        case Pane::Log: draw_event_log(paint, view.happening, commands); break;
        case Pane::Timeline: draw_timeline(paint, view.timeline, commands); break;
        case Pane::Observations: draw_observations(paint, view.observations); break;
        case Pane::Counters: draw_counters(paint, view.counters); break;
        case Pane::Serial: draw_serial(paint, view.serial); break;
    }
}

void drag_title(const PlacedPanes& placed, const std::vector<PlacedPanes>& all, FrameState& state) {
    if (ImGui::IsItemActive() && ImGui::IsMouseDragging(0, 6)) state.dragged = placed.node;
    if (state.dragged != placed.node || !ImGui::IsMouseReleased(0)) return;
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    for (const PlacedPanes& other : all)
        if (other.box.contains(mouse.x, mouse.y) && other.node != placed.node)
            state.layout.swap(placed.node, other.node);
    state.dragged.reset();
}

/// The titles of a place, the shown one in front; a click brings another to the front.
void draw_titles(const PlacedPanes& placed, const std::vector<PlacedPanes>& all, Paint& paint,
                 FrameState& state, float head) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const bool several = placed.panes.size() > 1;
    ImFont* face = paint.faces.small;
    float x = placed.box.x + paint.px(10);
    const float y = placed.box.y + (head - face->FontSize) / 2,
                right = placed.box.x + placed.box.width - paint.px(6);
    for (size_t i = 0; i < placed.panes.size(); ++i) {
        const char* title = pane_title(placed.panes[i]);
        const bool front = i == placed.shown;
        const float wide = paint.width(title, face);
        if (several && front)
            list->AddRectFilled(ImVec2(x - paint.px(2), placed.box.y + head - paint.px(3)),
                                ImVec2(x + wide + paint.px(2), placed.box.y + head),
                                paint.theme.muted, paint.px(1));
        paint.text_at(list, ImVec2(x, y), title,
                      several && front ? paint.theme.text : paint.theme.muted, face,
                      std::max(right - x, paint.px(8)));
        if (several) {
            ImGui::SetCursorScreenPos(ImVec2(x - paint.px(4), placed.box.y));
            if (ImGui::InvisibleButton(title, ImVec2(wide + paint.px(8), head)))
                state.layout.show(placed.node, i);
            drag_title(placed, all, state);
        }
        x += wide + paint.px(18);
    }
    if (x >= right) return;
    const float from = several ? x : placed.box.x;
    ImGui::SetCursorScreenPos(ImVec2(from, placed.box.y));
    ImGui::InvisibleButton("title", ImVec2(std::max(right - from, 1.0f), head));
    drag_title(placed, all, state);
}

void draw_place(const PlacedPanes& placed, const std::vector<PlacedPanes>& all, Paint& paint,
                const WindowView& view, FrameState& state, Commands& commands) {
    const Box& box = placed.box;
    const float head = paint.px(25), pad = paint.px(10);
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImVec2 low(box.x, box.y), high(box.x + box.width, box.y + box.height);
    list->AddRectFilled(low, high, paint.theme.panel, paint.px(7));
    list->AddRectFilled(low, ImVec2(high.x, low.y + head), paint.theme.title, paint.px(7),
                        ImDrawFlags_RoundCornersTop);
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool target =
        state.dragged && *state.dragged != placed.node && box.contains(mouse.x, mouse.y);
    list->AddRect(low, high, target ? paint.theme.accent : paint.theme.border, paint.px(7), 0,
                  paint.px(target ? 3.0f : 1.0f));
    const Pane shown = placed.panes[placed.shown];
    ImGui::PushID(pane_name(placed.panes[0]));
    draw_titles(placed, all, paint, state, head);
    ImGui::SetCursorScreenPos(ImVec2(low.x + pad, low.y + head + paint.px(6)));
    const ImVec2 room(box.width - 2 * pad + paint.px(4),
                      box.height - head - paint.px(6) - paint.px(6));
    if (room.x > 8 && room.y > 8) {
        ImGui::BeginChild(pane_name(shown), room, false);
        draw_content(shown, paint, view, state, commands);
        ImGui::EndChild();
    }
    ImGui::PopID();
}

void drag_splits(const std::vector<PlacedSplit>& splits, FrameState& state) {
    for (const PlacedSplit& split : splits) {
        ImGui::PushID(int(split.node));
        ImGui::SetCursorScreenPos(ImVec2(split.gap.x, split.gap.y));
        ImGui::InvisibleButton(
            "split", ImVec2(std::max(1.0f, split.gap.width), std::max(1.0f, split.gap.height)));
        const ImVec2 mouse = ImGui::GetIO().MousePos;
        if (ImGui::IsItemHovered() || ImGui::IsItemActive())
            ImGui::SetMouseCursor(split.across ? ImGuiMouseCursor_ResizeEW
                                               : ImGuiMouseCursor_ResizeNS);
        if (ImGui::IsItemActive() && ImGui::IsMouseDragging(0, 0)) {
            const float share = split.across ? (mouse.x - split.whole.x) / split.whole.width
                                             : (mouse.y - split.whole.y) / split.whole.height;
            state.layout.resize(split.node, share);
        }
        ImGui::PopID();
    }
}

void draw_status(Paint& paint, const WindowView& view, ImVec2 low, ImVec2 size) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float y = low.y + (size.y - paint.faces.small->FontSize) / 2;
    const char* keys =
        "← → instruction   ↑ ↓ guest   Shift: event   Ctrl: crossing   N: next silent   Space: run";
    const float right = paint.width(keys, paint.faces.small);
    const bool bad = !view.problem.empty();
    paint.text_at(list, ImVec2(low.x, y), bad ? view.problem : view.toolbar.position,
                  bad ? paint.theme.wrong : paint.theme.text,
                  bad ? paint.faces.bold : paint.faces.small, size.x - right - paint.px(30));
    paint.text_at(list, ImVec2(low.x + size.x, y), keys, paint.theme.faint, paint.faces.small, 0,
                  Align::Right);
}

}  // namespace

void draw_frame(Paint& paint, const WindowView& view, FrameState& state, Commands& commands) {
    handle_keys(view.toolbar, state, commands);
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(size);
    ImGui::Begin("ringside", nullptr, bare);
    const float edge = paint.px(8), bar = paint.px(48), status = paint.px(24);
    ImGui::SetCursorScreenPos(ImVec2(edge, edge));
    ImGui::BeginChild("toolbar", ImVec2(size.x - 2 * edge, bar - edge), false,
                      ImGuiWindowFlags_NoScrollbar);
    draw_toolbar(paint, view.toolbar, state.settings, commands);
    ImGui::EndChild();

    const Box room{edge, bar, size.x - 2 * edge, size.y - bar - status};
    std::vector<PlacedPanes> places;
    std::vector<PlacedSplit> splits;
    state.layout.place(room, paint.px(6), places, splits);
    for (const PlacedPanes& place : places) draw_place(place, places, paint, view, state, commands);
    drag_splits(splits, state);
    draw_status(paint, view, ImVec2(edge + paint.px(4), size.y - status),
                ImVec2(size.x - 2 * edge - paint.px(8), status));
    ImGui::End();
    state.moving = paint.motion && paint.now - state.token.started < 0.5;
}

}  // namespace ringside::ui
