// The image as an ELF32 executable that a Multiboot loader takes.
#pragma once
#include "sim/asm/assembler.hpp"

namespace ringside::assembler {

/// From the sections, symbols and lines of `assembly`; its `bytes` are not looked at.
std::vector<u8> elf_image(const Assembly& assembly);

}  // namespace ringside::assembler
