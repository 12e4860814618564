// A picture of a window made up for tests of panels and layout, without any machine. Never shipped.
#pragma once
#include "ui/view/window_view.hpp"

namespace ringside::ui::sample {

/// popf at ring 1 under trap-and-emulate, just after it was silently ignored.
WindowView popf_at_ring_1();
/// The VT-x VMM in root operation, after a VM exit.
WindowView in_vmx_root();

}  // namespace ringside::ui::sample
