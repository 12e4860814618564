// The faces of type: DejaVu where it is installed, else ImGui's own.
#pragma once
#include "ui/widgets/paint.hpp"

namespace ringside::ui {

/// Fills the font atlas of the present ImGui context for `scale`. \returns the faces; all are set.
Faces load_faces(float scale);

}  // namespace ringside::ui
