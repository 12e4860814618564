// What every panel paints with: theme, faces of type, scale, and the account of the texts drawn.
#pragma once
#include <imgui.h>

#include <string>
#include <string_view>
#include <vector>

#include "ui/widgets/theme.hpp"

namespace ringside::ui {

/// A text that a frame drew, for the tests: was it to be seen whole?
struct DrawnText {
    std::string text;
    ImVec2 low, high;
    bool clipped = false;
};

struct Faces {
    ImFont* body = nullptr;
    ImFont* bold = nullptr;
    ImFont* mono = nullptr;
    ImFont* mono_bold = nullptr;
    ImFont* lead = nullptr;   ///< the sentences that a whole room reads
    ImFont* head = nullptr;   ///< headlines
    ImFont* small = nullptr;  ///< labels within diagrams, panel titles
};

enum class Align : u8 { Left, Centre, Right };

class Paint {
  public:
    Paint(const Theme& colours, const Faces& type, float size)
        : theme(colours), faces(type), scale(size) {}

    const Theme& theme;
    const Faces& faces;
    float scale;         ///< 1 to 3
    bool motion = true;  ///< things may travel; else they jump
    double now = 0;      ///< seconds, for motion
    bool recording = false;
    std::vector<DrawnText> texts;

    float px(float points) const { return points * scale; }

    /// A line of text at the layout cursor, cut by the window.
    void text(std::string_view words, ImU32 colour, ImFont* face = nullptr);
    /// A paragraph at the layout cursor, wrapped to `width` (0: what there is).
    void paragraph(std::string_view words, ImU32 colour, ImFont* face = nullptr, float width = 0);
    /// A line of text anywhere. Wider than `room` (if that is not 0), it ends in "…" and counts as
    /// clipped. \returns its width
    float text_at(ImDrawList* list, ImVec2 at, std::string_view words, ImU32 colour, ImFont* face,
                  float room = 0, Align align = Align::Left);
    float width(std::string_view words, ImFont* face = nullptr) const;
    float line(ImFont* face = nullptr) const;
    void gap(float points) { ImGui::Dummy(ImVec2(0, px(points))); }

  private:
    void note(std::string_view words, ImVec2 low, ImVec2 high, bool cut, ImDrawList* list);
};

/// One sentence for the item under the mouse.
void hint(const Paint& paint, std::string_view sentence);

}  // namespace ringside::ui
