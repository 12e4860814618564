// What bytes were decoded to before: code that is written again and again (by a translator, by
// itself) consists of few instructions with ever new immediates.
#pragma once
#include <array>
#include <vector>

#include "sim/decode/decoder.hpp"

namespace ringside::decode {

/// As decode(), from memory where it can. Derived data: what it holds never changes an answer.
class DecodeMemo {
  public:
    DecodeMemo() : entries_(slots) {}
    Decoded decode(std::span<const u8> bytes, unsigned bits);

  private:
    static constexpr size_t slots = 1024;
    struct Entry {
        std::array<u8, longest_instruction> bytes{};
        u8 fixed = 0;  ///< bytes before the immediate; 0: empty
        u8 bits = 0;
        Decoded decoded;
    };
    std::vector<Entry> entries_;
};

}  // namespace ringside::decode
