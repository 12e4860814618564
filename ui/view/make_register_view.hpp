// Registers as the screen shows them.
#pragma once
#include "sim/cpu/state.hpp"
#include "ui/view/register_view.hpp"

namespace ringside::ui {

/// `before` is the state one step earlier, or null when there is none: then nothing is marked.
RegisterView make_register_view(const cpu::State& now, const cpu::State* before);

}  // namespace ringside::ui
