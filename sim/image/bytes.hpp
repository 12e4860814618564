// Bounds-checked reading of a file's bytes: nothing outside the span is ever touched.
#pragma once
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "sim/base/types.hpp"

namespace ringside::image {

using Bytes = std::span<const u8>;

/// Are there `count` bytes at `offset`? Cannot overflow.
constexpr bool holds(Bytes bytes, u64 offset, u64 count) {
    return offset <= bytes.size() && count <= bytes.size() - offset;
}

/// A little-endian structure at `offset`, if it lies inside. Alignment does not matter.
template <class T>
std::optional<T> read_at(Bytes bytes, u64 offset) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!holds(bytes, offset, sizeof(T))) return std::nullopt;
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof(T));
    return value;
}

/// The zero-terminated text at `offset`, if its end lies inside too.
inline std::optional<std::string_view> text_at(Bytes bytes, u64 offset) {
    if (offset >= bytes.size()) return std::nullopt;
    const u8* begin = bytes.data() + offset;
    const void* end = std::memchr(begin, 0, bytes.size() - offset);
    if (!end) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(begin),
                            size_t(static_cast<const u8*>(end) - begin));
}

}  // namespace ringside::image
