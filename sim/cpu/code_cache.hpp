// Decoded code, by physical page: derived, never state. A write to bytes that hold decoded code
// drops the blocks it overlaps.
#pragma once
#include <deque>
#include <memory>

#include "sim/cpu/block.hpp"
#include "sim/decode/memo.hpp"

namespace ringside::cpu {

/// What decides, beside the linear address, which code runs there and whether it may.
struct FetchContext {
    u64 base = 0, limit = 0;  ///< of CS
    u8 bits = 32;
    bool user = false;
    u32 world = 0;  ///< links stay within one: its cycles are counted together
    bool operator==(const FetchContext&) const = default;
};

class CodeCache {
  public:
    explicit CodeCache(u64 ram_bytes) : pages_(ram_bytes / 4096), jumps_(jump_slots) {}

    /// The block that starts at this physical address when decoded for `bits`; null if none.
    Block* find(u64 physical, unsigned bits) const {
        const u64 frame = physical >> 12;
        if (frame >= pages_.size() || !pages_[frame]) return nullptr;
        Block* block = pages_[frame]->starting_at(physical & 0xfff);
        return block && block->bits == bits ? block : nullptr;
    }
    /// A block to be filled: kept by `insert`, or given back by `release`.
    Block* fresh();
    Block* insert(Block* block);
    /// For a block that no page can keep: as if dropped at once.
    Block* run_once(Block* block) { return dropped_.push_back(block), block; }
    void release(Block* block) { free_.push_back(block); }
    bool has_code(u64 frame) const {
        return frame < pages_.size() && pages_[frame] && !pages_[frame]->blocks.empty();
    }
    /// Drops the blocks that overlap [physical, physical + bytes). True if there were any.
    bool invalidate(u64 physical, u64 bytes);
    void clear();
    /// A dropped block may still be running: its memory is used again only after this call.
    void release_dropped();

    decode::DecodeMemo memo;

    // --- links ---------------------------------------------------------------------------------
    /// A number for the context, good until `forget_translations`.
    u64 context(const FetchContext& of);
    /// Translations for fetching may have changed: no link made so far holds any more.
    void forget_translations() { contexts_.clear(), ++generation_; }
    /// Where the last jump to this address went: for jumps whose target varies.
    Link& last_jump_to(u64 linear) { return jumps_[(linear ^ linear >> 10) % jump_slots]; }

  private:
    static constexpr u64 jump_slots = 4096;
    static constexpr u64 contexts_a_generation = 64;

    struct Page {
        std::vector<Block*> blocks;
        u64 granules = 0;               ///< 64-byte pieces that hold decoded bytes
        std::array<u16, 4096> place{};  ///< by start: 1 + index in `blocks`; 0: none
        Block* starting_at(u64 offset) const {
            return place[offset] ? blocks[place[offset] - 1u] : nullptr;
        }
        void remove(Block* block);
    };
    void drop(Block* block);

    std::vector<std::unique_ptr<Page>> pages_;
    std::deque<Block> blocks_;  ///< all of them: links may point at a block that is gone
    std::vector<Block*> dropped_, free_;
    std::vector<Link> jumps_;
    std::vector<FetchContext> contexts_;
    u64 generation_ = 0, serial_ = 0;
};

}  // namespace ringside::cpu
