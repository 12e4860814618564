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
u64 fetch_context(Exec& x);

/// The block at CS:RIP; null after a fault (pending in `x`). `map` may be null. A block that cannot
/// be kept is good until CodeCache::release_dropped.
Block* fetch_block(Exec& x, const CodeMap* map, CostOf cost, const void* costs);

}  // namespace ringside::cpu
