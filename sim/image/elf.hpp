// The parts of an ELF32 file: load segments, symbols, probe points.
#pragma once
#include "sim/image/image.hpp"

namespace ringside::image {

bool is_elf(Bytes bytes);
/// Fills segments and entry.
Status load_elf(Bytes bytes, Image& image);
/// Fills symbols, lines and probes from the sections, where there are any.
Status describe_from_elf(Bytes bytes, Image& image);

}  // namespace ringside::image
