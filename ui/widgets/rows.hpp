// Rows of the text panels: code lines, registers, flags, shares of a whole.
#pragma once
#include <string>
#include <vector>

#include "ui/widgets/paint.hpp"

namespace ringside::ui {

struct CodeLine {
    std::string left;  ///< address
    std::string text;
    std::string tag;  ///< a word at the right end: "does not trap"
    ImU32 ink = 0;
    ImU32 tag_colour = 0;
    bool current = false;
    ImU32 current_colour = 0;
    bool heading = false;  ///< a label or a source line: no address
};
/// \returns whether it was clicked
bool code_line(Paint& paint, const CodeLine& line, float address_width);

struct NamedValue {
    std::string name, value, before, note;
    bool changed = false;
};
/// `name value  ← before  note`, the value marked when it changed.
void value_row(Paint& paint, const NamedValue& row, float name_width, float value_width);

struct FlagBox {
    std::string name, value, sentence;
    bool set = false, changed = false;
};
/// A box of fixed width; `\returns` its width with the gap.
void flag_box(Paint& paint, const FlagBox& flag);

struct Share {
    std::string name, value;
    double share = 0;
    ImU32 colour = 0;
};
/// A bar cut into shares, and a legend below it.
void share_bar(Paint& paint, const std::vector<Share>& shares, float height);

/// A word on a filled ground.
void badge(Paint& paint, const std::string& word, ImU32 ground, ImU32 ink, ImFont* face);

}  // namespace ringside::ui
