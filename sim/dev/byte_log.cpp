// An append-only text that is cheap to copy.
#include "sim/dev/byte_log.hpp"

#include <algorithm>

namespace ringside::dev {

void ByteLog::append(u8 byte) {
    tail_.push_back(char(byte));
    if (tail_.size() < chunk_size) return;
    sealed_.push_back(std::make_shared<const std::string>(std::move(tail_)));
    tail_.clear();
}

std::string ByteLog::text(u64 offset) const {
    std::string out;
    if (offset >= size()) return out;
    out.reserve(size() - offset);
    u64 skip = offset % chunk_size;
    for (u64 i = offset / chunk_size; i < sealed_.size(); ++i, skip = 0)
        out.append(*sealed_[i], skip);
    out.append(tail_, std::min<u64>(skip, tail_.size()));
    return out;
}

bool ByteLog::operator==(const ByteLog& other) const {
    const auto same = [](const auto& a, const auto& b) { return a == b || *a == *b; };
    return tail_ == other.tail_ && std::ranges::equal(sealed_, other.sealed_, same);
}

}  // namespace ringside::dev
