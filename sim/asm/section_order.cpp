// The order and addresses of sections.
#include "sim/asm/section_order.hpp"

#include <algorithm>
#include <numeric>

#include "sim/base/bits.hpp"

namespace ringside::assembler {
namespace {

constexpr u64 page = 4096;

int elf_rank(const Section& s) {
    if (!s.alloc) return 9;
    if (s.name == ".multiboot") return 0;
    if (s.name == ".text") return 1;
    if (s.name == ".rodata") return 3;
    if (s.name == ".data") return 5;
    if (s.name == ".bss") return 8;
    if (s.nobits) return 7;
    return s.exec ? 2 : s.write ? 6 : 4;
}
int flat_rank(const Section& s) { return s.nobits ? 2 : s.name == ".text" ? 0 : 1; }

template <class Rank>
std::vector<size_t> ordered(const std::vector<Section>& sections, Rank rank) {
    std::vector<size_t> order(sections.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return rank(sections[a]) < rank(sections[b]); });
    return order;
}

/// The Multiboot header shares the pages of the code.
int rights(const Section& s) { return s.name == ".multiboot" || s.exec ? 1 : s.write ? 2 : 0; }

}  // namespace

Section section_with_defaults(const std::string& name) {
    Section s;
    s.name = name;
    if (name == ".text") s.exec = true, s.alignment = 16;
    if (name == ".rodata") s.alignment = 4;
    if (name == ".data") s.write = true, s.alignment = 4;
    if (name == ".bss") s.write = s.nobits = true, s.alignment = 4;
    if (name == ".multiboot") s.alignment = 4;
    if (name == ".comment") s.alloc = false;
    return s;
}

std::vector<size_t> elf_order(const std::vector<Section>& sections) {
    return ordered(sections, elf_rank);
}
std::vector<size_t> flat_order(const std::vector<Section>& sections) {
    return ordered(sections, flat_rank);
}

void place_elf_sections(std::vector<Section>& sections, u64 base) {
    u64 next = base;
    int last = -1;
    for (const size_t i : elf_order(sections)) {
        Section& s = sections[i];
        if (!s.alloc) {
            s.address = 0;
            continue;
        }
        if (s.size == 0) {
            s.address = align_up(next, s.alignment);
            continue;
        }
        if (last != -1 && rights(s) != last) next = align_up(next, page);
        last = rights(s);
        s.address = align_up(next, s.alignment);
        next = s.address + s.size;
    }
}

void place_flat_sections(std::vector<Section>& sections, u64 origin) {
    u64 next = origin;
    for (const size_t i : flat_order(sections)) {
        Section& s = sections[i];
        // NASM's bin format aligns every section but the first to 4 bytes.
        const u64 alignment = s.name == ".text" ? 1 : std::max<u64>(s.alignment, 4);
        s.address =
            s.size == 0 && s.name != ".text" ? next : origin + align_up(next - origin, alignment);
        next = s.address + s.size;
    }
}

}  // namespace ringside::assembler
