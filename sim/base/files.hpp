// Reading a whole file of bounded size, or saying why not.
#pragma once
#include <filesystem>
#include <string>

#include "sim/base/result.hpp"
#include "sim/base/types.hpp"

namespace ringside {

/// More than any text that a person writes.
constexpr u64 most_text = u64{16} << 20;
/// More than fits into the machine's memory with anything beside it.
constexpr u64 most_image = u64{512} << 20;

/// The bytes of `path`. A file with more than `most` is refused after that many: a device that
/// never ends does not exhaust us.
Result<std::string> read_file(const std::filesystem::path& path, u64 most);

}  // namespace ringside
