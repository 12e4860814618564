// Builds the information that a Multiboot loader leaves for the program it starts.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::image {

/// A module in memory, [start, end), with its command line.
struct BootModule {
    u32 start = 0, end = 0;
    std::string text;
};

/// The bytes to place at the physical `address` (EBX at entry points there): the Info structure,
/// then what it points to. `ram_size` is in bytes.
/// Multiboot Specification, "Boot information format".
std::vector<u8> multiboot_info(u32 address, u64 ram_size, const std::string& cmdline,
                               std::span<const BootModule> modules);

}  // namespace ringside::image
