// Decoded code, by physical page: derived, never state. A write to a page that holds decoded code
// drops what it overlaps.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "sim/decode/insn.hpp"

namespace ringside::cpu {

class Exec;
using Handler = void (*)(Exec&, const decode::Insn&);

struct BoundInsn {
    Handler body = nullptr;   ///< called first: the instruction, or its guard
    Handler inner = nullptr;  ///< the instruction behind its guard
    decode::Insn insn;
    u16 cost = 1;  ///< static cycles, from the timing model
};

/// A straight run of instructions within one page.
struct Block {
    std::vector<BoundInsn> insns;
    u64 start = 0;  ///< physical address
    u32 bytes = 0;
    u32 world = 0;              ///< whose code: an index given by the watcher
    i32 probe = -1;             ///< probe point at the first instruction
    bool crosses_page = false;  ///< one instruction over a page border: not kept
};

class CodeCache {
  public:
    explicit CodeCache(u64 ram_bytes) : pages_(ram_bytes / 4096) {}

    /// The block that starts at this physical address when decoded for `bits`; null if none.
    Block* find(u64 physical, unsigned bits) const {
        const u64 frame = physical >> 12;
        if (frame >= pages_.size() || !pages_[frame] || pages_[frame]->bits != bits) return nullptr;
        return pages_[frame]->starts[physical & 0xfff].get();
    }
    Block* insert(std::unique_ptr<Block> block, unsigned bits);
    bool has_code(u64 frame) const { return frame < pages_.size() && pages_[frame] != nullptr; }
    /// Drops the blocks that overlap [physical, physical + bytes). True if there were any.
    bool invalidate(u64 physical, unsigned bytes);
    void clear();
    /// Blocks dropped while they may still be running are kept until this is called.
    void release_dropped() { dropped_.clear(); }
    u64 dropped_blocks() const { return dropped_count_; }

  private:
    struct Page {
        unsigned bits = 32;
        u32 count = 0;
        u64 granules = 0;  ///< 64-byte pieces that hold decoded bytes
        std::array<std::unique_ptr<Block>, 4096> starts;
    };
    std::vector<std::unique_ptr<Page>> pages_;
    std::vector<std::unique_ptr<Block>> dropped_;
    u64 dropped_count_ = 0;
};

}  // namespace ringside::cpu
