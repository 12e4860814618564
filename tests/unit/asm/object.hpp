// The sections of a relocatable ELF object of NASM, linked to given addresses: a linker for tests.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::testing {

/// Bytes of every section with contents, with relocations applied as if section `name` lay at
/// `addresses[name]`. Throws std::runtime_error when the object needs what this does not know.
std::map<std::string, std::vector<u8>> linked_sections(const std::vector<u8>& object,
                                                       const std::map<std::string, u64>& addresses);

}  // namespace ringside::testing
