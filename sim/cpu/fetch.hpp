// From CS:RIP to a block of decoded code.
#pragma once
#include "sim/cpu/exec.hpp"

namespace ringside::cpu {

/// What the watcher knows about code addresses. Host-physical.
class CodeMap {
  public:
    virtual ~CodeMap() = default;
    /// A small number for the world whose code lies at `at`; one answer for each page.
    virtual u32 world_at(HostPhys at) const = 0;
    /// Index of the probe point at `at`; -1 if none.
    virtual i32 probe_at(HostPhys at) const = 0;
    /// Changes whenever an answer may have: cached blocks are then dropped.
    virtual u64 version() const = 0;
};

/// An instruction's static cycles, from the timing model `costs`.
using CostOf = u16 (*)(const void* costs, const decode::Insn&);

/// CodeCache::context of the code that runs.
inline u64 fetch_context(Exec& x) {
    const Segment& cs = x.s.seg[decode::CS];
    return x.code.context({cs.origin, x.s.code_limit(), u8(x.s.code_bits()), x.user()});
}

/// fetch_block where the block is not known.
Block* find_block(Exec& x, u64& context, const CodeMap* map, CostOf cost, const void* costs);

/// The block at CS:RIP, and its context; null after a fault (pending in `x`). `map` may be null. A
/// block that cannot be kept is good until CodeCache::release_dropped.
inline Block* fetch_block(Exec& x, u64& context, const CodeMap* map, CostOf cost,
                          const void* costs) {
    if (x.s.regs.rip <= x.s.code_limit()) [[likely]] {
        context = fetch_context(x);
        if (Block* block = x.code.entered_before(x.s.code_address().value, context)) return block;
    }
    return find_block(x, context, map, cost, costs);
}

}  // namespace ringside::cpu
