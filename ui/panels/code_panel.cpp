// Source and disassembly, one column a world; the column that the CPU is in stands out.
#include <algorithm>
#include <cstdio>

#include "ui/panels/colours.hpp"
#include "ui/panels/panels.hpp"
#include "ui/widgets/rows.hpp"

namespace ringside::ui {
namespace {

const char* word_of(CodeMark mark) {
    switch (mark) {
        case CodeMark::None: return "";
        case CodeMark::Silent: return "no trap";
        case CodeMark::Wrong: return "wrong";
        case CodeMark::Traps: return "traps";
        case CodeMark::Copied: return "copied";
        case CodeMark::Rewritten: return "rewritten";
        case CodeMark::CallOut: return "calls out";
        case CodeMark::InCache: return "in cache";
        case CodeMark::Chain: return "chain";
    }
    return "";
}

ImU32 ink_of(const Theme& theme, const CodeRow& row) {
    if (row.kind == CodeRowKind::Label) return theme.text;
    if (row.kind == CodeRowKind::Source) return theme.muted;
    return row.current ? theme.text : blend(theme.text, theme.panel, 0.12f);
}

void draw_column(Paint& paint, const CodeColumn& column, Commands& commands) {
    const ImU32 colour = colour_of(paint.theme, column.world);
    paint.text(column.title, column.active ? colour : paint.theme.muted, paint.faces.bold);
    if (column.rows.empty()) {
        paint.paragraph(column.empty, paint.theme.faint);
        return;
    }
    ImGui::BeginChild("rows", ImVec2(0, 0), false, ImGuiWindowFlags_NoScrollWithMouse);
    // The wheel goes through time; the list follows the CPU.
    if (const float wheel = ImGui::IsWindowHovered() ? ImGui::GetIO().MouseWheel : 0; wheel != 0)
        commands.push_back(Step{Unit::Instruction, wheel < 0 ? 1 : -1});
    const float tall = paint.line(paint.faces.mono), room = ImGui::GetWindowHeight();
    const float address = paint.width(
        column.rows.back().address > 0xffffff ? "00000000 " : "000000 ", paint.faces.mono);
    if (column.focus >= 0) {
        const float y = float(column.focus) * tall;
        // Keep the current line in the middle third: it moves little, the eye finds it.
        if (y < ImGui::GetScrollY() + room * 0.2f || y > ImGui::GetScrollY() + room * 0.7f)
            ImGui::SetScrollY(std::max(0.0f, y - room * 0.4f));
    }
    ImGuiListClipper clipper;
    clipper.Begin(int(column.rows.size()), tall);
    while (clipper.Step()) {
        for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
            const CodeRow& row = column.rows[size_t(i)];
            char hex[20];
            std::snprintf(hex, sizeof hex, "%6llx", static_cast<unsigned long long>(row.address));
            CodeLine line;
            line.left = hex;
            line.text = row.text;
            line.tag = word_of(row.mark);
            line.ink = ink_of(paint.theme, row);
            line.tag_colour = colour_of(paint.theme, row.mark);
            line.current = row.current;
            line.current_colour = colour;
            line.heading = row.kind != CodeRowKind::Instruction;
            ImGui::PushID(i);
            const bool of_guest =
                column.world == World::GuestKernel || column.world == World::GuestApplication;
            if (code_line(paint, line, address) && of_guest && row.kind == CodeRowKind::Instruction)
                commands.push_back(RunToAddress{u32(row.address)});
            ImGui::PopID();
            if (!row.bytes.empty())
                hint(paint, "Bytes: " + row.bytes + (of_guest ? ". A click runs to here." : ""));
        }
    }
    ImGui::EndChild();
}

}  // namespace

void draw_code(Paint& paint, const CodeView& view, Commands& commands) {
    const int count = int(view.columns.size());
    if (count == 0) {
        paint.paragraph("The code that runs will be shown here.", paint.theme.faint);
        return;
    }
    const float gap = paint.px(14);
    // The column that the CPU is in gets more of the room.
    const float all = ImGui::GetContentRegionAvail().x - gap * float(count - 1);
    const bool uneven = count > 1 && std::any_of(view.columns.begin(), view.columns.end(),
                                                 [](const auto& c) { return c.active; });
    for (int i = 0; i < count; ++i) {
        if (i > 0) ImGui::SameLine(0, gap);
        const bool active = view.columns[size_t(i)].active;
        const float wide = !uneven  ? all / float(count)
                           : active ? all * 0.6f
                                    : all * 0.4f / float(count - 1);
        ImGui::PushID(i);
        ImGui::BeginChild("column", ImVec2(wide, 0), false, ImGuiWindowFlags_NoScrollbar);
        draw_column(paint, view.columns[size_t(i)], commands);
        ImGui::EndChild();
        ImGui::PopID();
        if (i > 0) {
            const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
            ImGui::GetWindowDrawList()->AddLine(ImVec2(low.x - gap / 2, low.y),
                                                ImVec2(low.x - gap / 2, high.y),
                                                paint.theme.border);
        }
    }
}

}  // namespace ringside::ui
