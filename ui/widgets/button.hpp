// Buttons of the toolbar, drawn as shapes so that they look alike under every font.
#pragma once
#include <string>
#include <vector>

#include "ui/widgets/paint.hpp"

namespace ringside::ui {

enum class Icon : u8 { ToStart, Back, Forward, ToEnd, Play, Pause, Sun, Moon };

/// \returns whether it was pressed. `name` must be unique within the window; `sentence` is shown on
/// hovering.
bool icon_button(Paint& paint, const char* name, Icon icon, bool enabled, const char* sentence);
/// One of several, side by side. \returns the index pressed, or -1.
int choice_row(Paint& paint, const char* name, const std::vector<std::string>& labels, int chosen,
               const std::vector<std::string>& sentences = {});
/// A list that drops down. \returns the index chosen, or -1.
int drop_down(Paint& paint, const char* name, const std::vector<std::string>& labels, int chosen,
              float width);

}  // namespace ringside::ui
