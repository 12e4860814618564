// The event that says that the CPL changed.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// To be called after the change; nothing when there was none.
inline void emit_ring_change(Exec& x, u8 cpl_before) {
    if (!x.sink || cpl_before == x.s.cpl) return;
    trace::Event e;
    e.kind = trace::EventKind::RingChange;
    e.cpl_before = cpl_before;
    e.cpl_after = x.s.cpl;
    e.a = x.s.regs.rip;
    x.emit(e);
}

}  // namespace ringside::cpu
