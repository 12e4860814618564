// The file that keeps a person's layout between runs.
#pragma once
#include <optional>

#include "ui/app/layout.hpp"

namespace ringside::ui {

/// Nothing when there is no file, or none that can be read as a layout.
std::optional<Layout> load_arrangement();
/// Losing it is no error worth a message: the standard layout comes back.
void save_arrangement(const Layout& layout);

}  // namespace ringside::ui
