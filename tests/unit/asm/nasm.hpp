// NASM as an oracle: runs it, and compares what two assemblers made, instruction by instruction.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::testing {

/// What `nasm -f FORMAT` makes of the file at `path`. Throws std::runtime_error with a clear
/// sentence when NASM is missing or refuses the file: neither may pass as a success.
std::vector<u8> nasm(const std::string& path, const std::string& format,
                     const std::vector<std::string>& options = {});

/// The same for a text.
std::vector<u8> nasm_text(const std::string& text, const std::string& format = "bin");

struct Difference {
    size_t ours = 0;  ///< offset in our bytes
    std::string what;
};

/// The first instruction that means something else, or nothing. Different encodings of the same
/// instruction are no difference; offsets of branches are compared as targets in number of
/// instructions.
std::optional<Difference> first_difference(std::span<const u8> ours, std::span<const u8> theirs,
                                           unsigned bits);

std::string read_file(const std::string& path);

}  // namespace ringside::testing
