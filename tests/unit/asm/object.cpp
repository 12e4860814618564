// Relocations of an i386 object, applied.
#include "tests/unit/asm/object.hpp"

#include <elf.h>

#include <cstring>
#include <stdexcept>

namespace ringside::testing {
namespace {

template <class T>
T at(const std::vector<u8>& bytes, size_t offset) {
    T value;
    if (offset + sizeof value > bytes.size()) throw std::runtime_error("the object is cut off");
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

void add(std::vector<u8>& bytes, size_t offset, unsigned size, u32 value) {
    u32 old = 0;
    for (unsigned i = 0; i < size; ++i) old |= u32{bytes.at(offset + i)} << (8 * i);
    old += value;
    for (unsigned i = 0; i < size; ++i) bytes[offset + i] = static_cast<u8>(old >> (8 * i));
}

}  // namespace

std::map<std::string, std::vector<u8>> linked_sections(
    const std::vector<u8>& object, const std::map<std::string, u64>& addresses) {
    const auto header = at<Elf32_Ehdr>(object, 0);
    std::vector<Elf32_Shdr> sections;
    for (unsigned i = 0; i < header.e_shnum; ++i)
        sections.push_back(at<Elf32_Shdr>(object, header.e_shoff + i * sizeof(Elf32_Shdr)));
    const auto& names = sections.at(header.e_shstrndx);
    const auto name_of = [&](size_t i) {
        return std::string(reinterpret_cast<const char*>(object.data()) + names.sh_offset +
                           sections[i].sh_name);
    };
    const auto address_of = [&](size_t i) {
        const auto found = addresses.find(name_of(i));
        if (found == addresses.end()) throw std::runtime_error("we have no section " + name_of(i));
        return static_cast<u32>(found->second);
    };
    std::map<std::string, std::vector<u8>> out;
    for (size_t i = 0; i < sections.size(); ++i)
        if (sections[i].sh_type == SHT_PROGBITS)
            out[name_of(i)].assign(object.begin() + sections[i].sh_offset,
                                   object.begin() + sections[i].sh_offset + sections[i].sh_size);
    for (const Elf32_Shdr& table : sections) {
        if (table.sh_type == SHT_RELA) throw std::runtime_error("a RELA table in a 32-bit object");
        if (table.sh_type != SHT_REL) continue;
        std::vector<u8>& bytes = out.at(name_of(table.sh_info));
        for (size_t k = 0; k < table.sh_size / sizeof(Elf32_Rel); ++k) {
            const auto rel = at<Elf32_Rel>(object, table.sh_offset + k * sizeof(Elf32_Rel));
            const auto symbol =
                at<Elf32_Sym>(object, sections.at(table.sh_link).sh_offset +
                                          ELF32_R_SYM(rel.r_info) * sizeof(Elf32_Sym));
            u32 value = symbol.st_value;
            if (symbol.st_shndx != SHN_ABS) value += address_of(symbol.st_shndx);
            const u32 place = address_of(table.sh_info) + rel.r_offset;
            switch (ELF32_R_TYPE(rel.r_info)) {
                case R_386_32: add(bytes, rel.r_offset, 4, value); break;
                case R_386_PC32: add(bytes, rel.r_offset, 4, value - place); break;
                case R_386_16: add(bytes, rel.r_offset, 2, value); break;
                case R_386_PC16: add(bytes, rel.r_offset, 2, value - place); break;
                case R_386_8: add(bytes, rel.r_offset, 1, value); break;
                default: throw std::runtime_error("an unknown relocation");
            }
        }
    }
    return out;
}

}  // namespace ringside::testing
