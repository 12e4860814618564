// A stable 64-bit digest (FNV-1a) for comparing states and traces across hosts.
#pragma once
#include "sim/base/types.hpp"

namespace ringside {

class Digest {
  public:
    constexpr void add(const u8* bytes, size_t count) {
        for (size_t i = 0; i < count; ++i) state_ = (state_ ^ bytes[i]) * 0x100000001b3u;
    }
    constexpr void add(u64 word) {
        for (int i = 0; i < 8; ++i) state_ = (state_ ^ ((word >> (8 * i)) & 0xff)) * 0x100000001b3u;
    }
    constexpr u64 value() const { return state_; }

  private:
    u64 state_ = 0xcbf29ce484222325u;
};

}  // namespace ringside
