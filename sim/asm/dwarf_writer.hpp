// DWARF 4 sections that map addresses to source lines.
#pragma once
#include "sim/asm/assembler.hpp"

namespace ringside::assembler {

struct DebugSections {
    std::vector<u8> info;
    std::vector<u8> abbrev;
    std::vector<u8> line;
};

/// `lines` sorted by address.
DebugSections debug_sections(const std::vector<std::string>& files,
                             const std::vector<LineEntry>& lines);

}  // namespace ringside::assembler
