// Decoded code, by physical page: derived, never state. A write to bytes that hold decoded code
// drops the blocks it overlaps, but for those of which only immediates change.
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
    bool operator==(const FetchContext&) const = default;
};

class CodeCache {
  public:
    explicit CodeCache(u64 ram_bytes) : pages_(ram_bytes / 4096), jumps_(jump_slots) {}

    /// The block that starts at this physical address when met at `linear` and decoded for `bits`;
    /// null if none.
    Block* find(u64 physical, u64 linear, unsigned bits) const {
        const u64 frame = physical >> 12;
        if (frame >= pages_.size() || !pages_[frame]) return nullptr;
        Block* block = pages_[frame]->starting_at(physical & 0xfff);
        return block && block->linear == linear && block->bits == bits ? block : nullptr;
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
    /// [physical, physical + bytes) has been written; `page`: the bytes of its page as they are
    /// now. Blocks that overlap it get the new immediates or are dropped. True if any was dropped.
    /// `running` is left alone: its block would be dropped.
    bool rewritten(u64 physical, u64 bytes, const u8* page, const BoundInsn* running);
    void clear();
    /// A dropped block may still be running: its memory is used again only after this call.
    void release_dropped() {
        if (!dropped_.empty()) [[unlikely]]
            free_dropped();
    }

    decode::DecodeMemo memo;

    // --- links ---------------------------------------------------------------------------------
    /// A number below 2^48 for the context, good until `forget_translations`.
    u64 context(const FetchContext& of) {
        const Known& known = known_[of.user];
        if (known.generation == generation_ && known.of == of) [[likely]]
            return known.number;
        return find_context(of);
    }
    /// That of links: they stay within one world, whose cycles are counted together.
    static u64 link_context(u64 context, u32 world) { return context << 16 | (world & 0xffff); }
    /// Translations for fetching may have changed: no link made so far holds any more.
    void forget_translations() { contexts_.clear(), ++generation_; }
    /// Where the last jump to this address went: for jumps whose target varies.
    Link& last_jump_to(u64 linear) { return jumps_[(linear ^ linear >> 10) % jump_slots]; }
    /// The block that the run loop last entered at this address.
    struct Entry {
        u64 linear = ~u64{0}, context = ~u64{0}, serial = 0;
        Block* block = nullptr;
    };
    Entry& last_entry_at(u64 linear) { return entries_[(linear ^ linear >> 9) % entry_slots]; }
    Block* entered_before(u64 linear, u64 context) {
        const Entry& e = last_entry_at(linear);
        const bool right = e.linear == linear && e.context == context;
        return right && e.serial == e.block->serial ? e.block : nullptr;
    }

  private:
    static constexpr u64 jump_slots = 4096, entry_slots = 512;
    static constexpr u64 contexts_a_generation = 64;

    struct Page {
        std::vector<Block*> blocks;
        std::array<u16, 64> crowd{};    ///< how many blocks have bytes in each piece of 64 bytes
        Block* written = nullptr;       ///< the last that was written over and stayed
        std::array<u16, 4096> place{};  ///< by start: 1 + index in `blocks`; 0: none
        Block* starting_at(u64 offset) const {
            return place[offset] ? blocks[place[offset] - 1u] : nullptr;
        }
        void add(Block* block);
        void remove(Block* block);
        u16 most_in(u64 offset, u64 bytes) const;
    };
    void drop(Block* block);
    bool keeps_up(Block& block, u64 offset, u64 bytes, const u8* page, const BoundInsn* running);
    void free_dropped();
    u64 find_context(const FetchContext& of);

    std::vector<std::unique_ptr<Page>> pages_;
    std::deque<Block> blocks_;  ///< all of them: links may point at a block that is gone
    std::vector<Block*> dropped_, free_;
    std::vector<Link> jumps_;
    std::vector<Entry> entries_{entry_slots};
    std::vector<FetchContext> contexts_;
    struct Known {
        u64 generation = ~u64{0}, number = 0;
        FetchContext of;
    };
    std::array<Known, 2> known_;  ///< the last of supervisor and user mode
    u64 generation_ = 0, serial_ = 0;
};

}  // namespace ringside::cpu
