// The VMM's alarm clock, where it has lent the real timer to its guest and so has no clock of its
// own: the timer of the real local APIC. It rings as if it were one more request line.
#pragma once
#include "scenarios/vmms/common/layout.hpp"

namespace ringside::vmm::host_alarm {

/// Its place behind the lines of the real interrupt controllers.
inline constexpr u32 line = 16;

/// Rings once, when the time-stamp counter has come to `when`, or a little sooner or later.
void set(u64 when);
/// It rang.
void acknowledge();

}  // namespace ringside::vmm::host_alarm
