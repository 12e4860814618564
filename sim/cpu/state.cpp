#include "sim/cpu/state.hpp"

namespace ringside::cpu {

void State::derive_segments() {
    const bool flat = long_mode() && (seg[decode::CS].access & rights::L);
    for (unsigned n = 0; n < decode::segment_count; ++n) {
        if (flat)
            seg[n].derive64(n >= decode::FS);
        else
            seg[n].derive();
    }
}

}  // namespace ringside::cpu
