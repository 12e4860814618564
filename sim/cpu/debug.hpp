// Breakpoints of the debug registers. SDM 3B "Debug Exceptions". Nobody asks while DR7 enables
// none.
#pragma once
#include "sim/cpu/state.hpp"
#include "sim/isa/debug_registers.hpp"

namespace ringside::cpu::debug {

inline bool any_enabled(const State& s) { return s.dr[7] & isa::debug::enables; }

/// The breakpoints that an access meets, as B0–B3 of DR6.
u64 data_hits(const State& s, u64 linear, unsigned width, bool write);
u64 port_hits(const State& s, u16 port, unsigned width);
u64 code_hits(const State& s, u64 linear);
/// Is any breakpoint on code enabled?
bool watches_code(const State& s);
/// Does a breakpoint on data lie in this linear page? Accesses there must be looked at.
bool watches_page(const State& s, u64 page);

/// With EFLAGS.TF set before the instruction: is there a trap after it? With IA32_DEBUGCTL.BTF only
/// if it went elsewhere than to the offset `next`. SDM 3B "Single-Stepping on Branches".
bool steps_after(const State& s, const decode::Insn& i, u64 next);

/// DR6, DR7 and IA32_DEBUGCTL as a debug exception leaves them. `what`: in DR6's format.
void record(State& s, u64 what);

}  // namespace ringside::cpu::debug
