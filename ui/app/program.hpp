// What ringside-ui does once its command line is understood.
#pragma once
#include "sim/base/result.hpp"
#include "ui/app/options.hpp"

namespace ringside::ui {

/// Renders one frame into a file, or keeps a window until it is closed.
Status run_program(const Options& options);

}  // namespace ringside::ui
