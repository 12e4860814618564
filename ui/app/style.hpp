// ImGui's own style, from the theme and the scale.
#pragma once
#include "ui/widgets/theme.hpp"

namespace ringside::ui {

void apply_style(const Theme& theme, float scale);

}  // namespace ringside::ui
