// Where sections go: the order and the addresses in an image.
#pragma once
#include "sim/asm/assembler.hpp"

namespace ringside::assembler {

/// Attributes of a section that is known by its name. NASM Manual "elf Extensions to the SECTION
/// Directive".
Section section_with_defaults(const std::string& name);

/// From `base`: .multiboot, .text, .rodata, .data, others, .bss. A change of rights starts a new
/// page.
void place_elf_sections(std::vector<Section>& sections, u64 base);
/// From `origin`: .text, the others as they came, nobits last.
void place_flat_sections(std::vector<Section>& sections, u64 origin);

/// Indices of the sections in the order of their addresses (elf: as in place_elf_sections).
std::vector<size_t> elf_order(const std::vector<Section>& sections);
std::vector<size_t> flat_order(const std::vector<Section>& sections);

}  // namespace ringside::assembler
