// From CS:RIP to a block of decoded code.
#pragma once
#include <span>

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

/// The block at CS:RIP; null after a fault (pending in `x`). `map` may be null.
/// `cost` gives an instruction's static cycles.
template <class Cost>
Block* fetch_block(Exec& x, const CodeMap* map, std::unique_ptr<Block>& uncached, Cost cost);

/// Decodes from `at` up to the end of its page; `linear` is the same place for a page crossing.
std::unique_ptr<Block> decode_block(Exec& x, LinAddr linear, HostPhys at, unsigned bits,
                                    const CodeMap* map);

template <class Cost>
Block* fetch_block(Exec& x, const CodeMap* map, std::unique_ptr<Block>& uncached, Cost cost) {
    const Segment& cs = x.s.seg[decode::CS];
    if (x.s.regs.rip > x.s.code_limit()) return x.fault(isa::Vector::GP, 0), nullptr;
    const LinAddr linear = cs.linear(x.s.regs.rip);
    HostPhys at;
    if (!x.translate_fetch(linear, at)) return nullptr;
    const unsigned bits = x.s.code_bits();
    if (Block* block = x.code.find(at.value, bits)) return block;
    std::unique_ptr<Block> block = decode_block(x, linear, at, bits, map);
    if (!block) return nullptr;
    for (BoundInsn& b : block->insns) b.cost = cost(b.insn);
    if (block->crosses_page || !x.ram.contains(at)) {
        uncached = std::move(block);
        return uncached.get();
    }
    // A host pointer for writing into this page would go past the watch on its code.
    x.paging_changed();
    return x.code.insert(std::move(block), bits);
}

}  // namespace ringside::cpu
