// What the translator has put into its cache, as its probe points told: block by block, with the
// guest instruction that each translated one stands for.
#pragma once
#include <map>
#include <span>
#include <vector>

#include "sim/session/recording.hpp"

namespace ringside::session {

class Translations {
  public:
    struct Piece {
        u32 at = 0;     ///< linear address in the cache
        u32 guest = 0;  ///< the guest instruction
        u32 kind = 0;   ///< 0 copied, 1 rewritten, 2 call-out, 3 emulated in the cache, 4 chain
    };
    struct Block {
        u32 guest = 0;
        u32 at = 0;
        u32 size = 0;
        std::vector<Piece> pieces;
        u64 from_event = 0;  ///< the event that completed it

        /// The guest instruction that the code at an address of the block stands for; 0: none.
        u32 guest_of(u64 address) const;
    };

    /// Takes in the events after those already taken.
    void extend(std::span<const Recorded> recording);
    /// The block that covers an address of the cache, as it was after `events` events; null if
    /// none.
    const Block* at(u64 address, u64 events) const;
    bool empty() const { return blocks_.empty(); }

  private:
    void take(u64 index, const Recorded& recorded);

    size_t taken_ = 0;
    Block open_;
    std::vector<Block> blocks_;              ///< in the order of their making
    std::multimap<u32, size_t> by_address_;  ///< start of a block → its index
};

}  // namespace ringside::session
