// Random numbers that are the same on every machine.
#pragma once
#include <array>

#include "sim/base/types.hpp"

namespace ringside::property {

/// SplitMix64. Steele, Lea, Flood 2014, "Fast Splittable Pseudorandom Number Generators".
class Random {
  public:
    explicit Random(u64 seed) : state_(seed) {}
    u32 word() {
        u64 z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return u32((z ^ (z >> 31)) >> 16);
    }
    unsigned below(unsigned n) { return word() % n; }
    bool chance(unsigned percent) { return below(100) < percent; }
    template <class T, size_t N>
    const T& pick(const std::array<T, N>& from) {
        return from[below(N)];
    }

  private:
    u64 state_;
};

}  // namespace ringside::property
