// Numbers as people read them.
#pragma once
#include <string>

#include "sim/base/types.hpp"

namespace ringside::ui {

/// "0x1f"
std::string hex(u64 value);
/// Eight digits without prefix: "0000001f"
std::string hex32(u64 value);
/// Groups of three, set apart by a narrow gap: "12 345"
std::string grouped(u64 value);
/// "1 cycle", "2 cycles"
std::string counted(u64 count, const char* one, const char* many);

}  // namespace ringside::ui
