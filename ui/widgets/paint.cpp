// Text, with an account of what was cut off.
#include "ui/widgets/paint.hpp"

#include <algorithm>

namespace ringside::ui {
namespace {

constexpr const char* ellipsis = "…";

size_t shorter_by_a_letter(std::string_view words, size_t length) {
    while (length > 0) {
        --length;
        if ((static_cast<unsigned char>(words[length]) & 0xc0) != 0x80) break;
    }
    return length;
}

}  // namespace

float Paint::width(std::string_view words, ImFont* face) const {
    ImFont* f = face ? face : faces.body;
    return f->CalcTextSizeA(f->FontSize, 1e9f, 0, words.data(), words.data() + words.size()).x;
}

float Paint::line(ImFont* face) const { return (face ? face : faces.body)->FontSize * 1.28f; }

void Paint::note(std::string_view words, ImVec2 low, ImVec2 high, bool cut, ImDrawList* list) {
    if (!recording || words.empty()) return;
    const ImVec2 from = list->GetClipRectMin(), to = list->GetClipRectMax();
    const bool unseen = high.x <= from.x || low.x >= to.x || high.y <= from.y || low.y >= to.y;
    if (unseen) return;
    constexpr float slack = 1.0f;
    // A line that scrolling would bring up is not cut; one whose end is off to the side is.
    const bool off = low.x < from.x - slack || high.x > to.x + slack;
    texts.push_back({std::string(words), low, high, cut || off});
}

void Paint::text(std::string_view words, ImU32 colour, ImFont* face) {
    ImFont* f = face ? face : faces.body;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    text_at(list, ImVec2(at.x, at.y + (line(f) - f->FontSize) / 2), words, colour, f);
    ImGui::Dummy(ImVec2(width(words, f), line(f)));
}

void Paint::paragraph(std::string_view words, ImU32 colour, ImFont* face, float wrap) {
    ImFont* f = face ? face : faces.body;
    if (wrap <= 0) wrap = ImGui::GetContentRegionAvail().x;
    const char* at = words.data();
    const char* const end = at + words.size();
    const ImVec2 top = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    float y = top.y, widest = 0;
    while (at < end) {
        const char* newline = std::find(at, end, '\n');
        const char* stop = f->CalcWordWrapPositionA(1.0f, at, newline, wrap);
        if (stop == at && stop < newline) ++stop;
        const std::string_view row(at, size_t(stop - at));
        widest = std::max(widest, width(row, f));
        list->AddText(f, f->FontSize, ImVec2(top.x, y + (line(f) - f->FontSize) / 2), colour, at,
                      stop);
        note(row, ImVec2(top.x, y), ImVec2(top.x + width(row, f), y + line(f)), false, list);
        y += line(f);
        at = stop;
        if (at < end && *at == '\n') {
            ++at;
        } else {
            while (at < end && *at == ' ') ++at;
        }
    }
    ImGui::Dummy(ImVec2(widest, y - top.y));
}

float Paint::text_at(ImDrawList* list, ImVec2 at, std::string_view words, ImU32 colour,
                     ImFont* face, float room, Align align) {
    ImFont* f = face ? face : faces.body;
    float wide = width(words, f);
    bool cut = false;
    std::string shortened;
    std::string_view shown = words;
    if (room > 0 && wide > room + 0.5f) {
        cut = true;
        const float end = width(ellipsis, f);
        size_t length = words.size();
        while (length > 0 && width(words.substr(0, length), f) + end > room)
            length = shorter_by_a_letter(words, length);
        shortened = std::string(words.substr(0, length)) + ellipsis;
        shown = shortened;
        wide = width(shown, f);
    }
    if (align == Align::Centre) at.x -= wide / 2;
    if (align == Align::Right) at.x -= wide;
    // Whole pixels keep letters sharp.
    at = ImVec2(float(int(at.x + 0.5f)), float(int(at.y + 0.5f)));
    list->AddText(f, f->FontSize, at, colour, shown.data(), shown.data() + shown.size());
    note(words, at, ImVec2(at.x + wide, at.y + f->FontSize), cut, list);
    return wide;
}

void hint(const Paint& paint, std::string_view sentence) {
    if (sentence.empty() || !ImGui::IsItemHovered()) return;
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(paint.px(10), paint.px(7)));
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(paint.px(420));
    ImGui::TextUnformatted(sentence.data(), sentence.data() + sentence.size());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
    ImGui::PopStyleVar();
}

}  // namespace ringside::ui
