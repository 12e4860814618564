// The INT instructions by which translated code asks the VMM for something. Their gates have DPL 1,
// so that ring 3 cannot use them.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::vmm {

enum CacheVector : u8 {
    callout_vector = 0xf0,       ///< do this instruction for me
    continuation_vector = 0xf1,  ///< I need the block at this address
    indirect_vector = 0xf2,  ///< I need the block at cache_data.target: the table does not have it
    pending_vector = 0xf3,   ///< interrupts are on now, and one waits
    stale_vector = 0xf4,     ///< the guest has changed the code that I was made from
};
constexpr bool from_cache(u32 vector) { return vector >= callout_vector && vector <= stale_vector; }

}  // namespace ringside::vmm
