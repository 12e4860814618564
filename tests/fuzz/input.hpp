// The bytes of a fuzz input, read front to back.
#pragma once
#include <algorithm>
#include <span>

#include "sim/base/types.hpp"

/// What every target defines: called once for an input. libFuzzer calls it, or replay_test.cpp.
extern "C" int LLVMFuzzerTestOneInput(const ringside::u8* bytes, size_t count);

namespace ringside::fuzz {

/// Behind the end everything reads as 0, so that a short input is a complete one.
class Input {
  public:
    Input(const u8* bytes, size_t count) : left_(bytes, count) {}

    bool empty() const { return left_.empty(); }
    u8 byte() { return u8(number(1)); }
    u16 word() { return u16(number(2)); }
    u32 dword() { return u32(number(4)); }
    u64 qword() { return number(8); }
    /// The next `most` bytes, or those that are left.
    std::span<const u8> take(size_t most) {
        const auto taken = left_.first(std::min(most, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    std::span<const u8> rest() { return take(left_.size()); }

  private:
    u64 number(unsigned bytes) {
        u64 value = 0;
        unsigned shift = 0;
        for (const u8 byte : take(bytes)) value |= u64(byte) << shift, shift += 8;
        return value;
    }
    std::span<const u8> left_;
};

}  // namespace ringside::fuzz
