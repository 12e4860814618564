// An append-only text that is cheap to copy: full chunks are immutable and shared between copies.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::dev {

class ByteLog {
  public:
    void append(u8 byte);
    u64 size() const { return sealed_.size() * chunk_size + tail_.size(); }
    bool empty() const { return size() == 0; }
    /// Everything from `offset` on; empty when there is nothing yet.
    std::string text(u64 offset = 0) const;
    bool operator==(const ByteLog& other) const;

  private:
    static constexpr u64 chunk_size = 4096;
    std::vector<std::shared_ptr<const std::string>> sealed_;  // each of chunk_size bytes
    std::string tail_;
};

}  // namespace ringside::dev
