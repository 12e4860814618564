// Builds small ELF32 files by hand, so that a test can break any field.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "sim/isa/elf32.hpp"
#include "sim/isa/multiboot.hpp"

namespace ringside::test {

namespace elf = isa::elf32;
namespace multiboot = isa::multiboot;

/// The file's parts in order; change fields, then call bytes().
struct ElfBuilder {
    static constexpr u16 code_section = 5;
    static constexpr u32 paddr = 0x100000, vaddr = 0xc0100000;

    elf::Header header{};
    std::vector<elf::ProgramHeader> segments;
    std::vector<elf::SectionHeader> sections;
    std::vector<elf::Symbol> symbols{{}};
    std::string symbol_names{'\0'};
    std::string section_names{"\0.symtab\0.strtab\0.shstrtab\0.ringside.probes\0", 44};
    multiboot::Header boot{multiboot::header_magic, 0, 0u - multiboot::header_magic, 0, 0, 0, 0, 0};
    std::vector<u8> code = std::vector<u8>(256, 0x90);
    std::vector<u8> probes;

    ElfBuilder() {
        std::memcpy(header.ident, elf::magic, sizeof(elf::magic));
        header.ident[elf::ident_class] = elf::class32;
        header.ident[elf::ident_data] = elf::little_endian;
        header.ident[elf::ident_version] = elf::current_version;
        header.type = u16(elf::Type::Executable);
        header.machine = elf::machine_386;
        header.version = elf::current_version;
        header.entry = vaddr + 0x20;
        header.ehsize = sizeof(elf::Header);
        header.phentsize = sizeof(elf::ProgramHeader);
        header.shentsize = sizeof(elf::SectionHeader);
        header.phoff = sizeof(elf::Header);
        header.phnum = 1;
        segments = {{elf::pt_load, code_offset(), vaddr, paddr, u32(code.size()), 0x1000,
                     elf::pf_r | elf::pf_x, 4}};
    }
    u32 code_offset() const {
        return sizeof(elf::Header) + sizeof(elf::ProgramHeader) * max_segments;
    }

    void add_symbol(const std::string& name, u32 value, u32 size, u8 type,
                    u16 section = code_section) {
        const u8 info = u8(elf::stb_global << 4 | type);
        symbols.push_back({u32(symbol_names.size()), value, size, info, 0, section});
        symbol_names += name + '\0';
    }
    void add_probe(u32 address, const std::string& name, const std::string& arguments) {
        std::string record = name + '\0' + arguments + '\0';
        record.resize((record.size() + 3) / 4 * 4);
        const u32 size = u32(record.size() + 8);
        append(probes, &size, 4);
        append(probes, &address, 4);
        append(probes, record.data(), record.size());
    }

    /// Lays the sections out behind the code: names, symbols, strings, probes.
    void finish() {
        std::memcpy(code.data(), &boot, sizeof boot);
        header.shnum = 6;
        header.shstrndx = 3;
        u32 at = code_offset() + u32(code.size());
        const auto section = [&](u32 name, u32 type, size_t size, u32 link, u32 entry) {
            sections.push_back({name, type, 0, 0, at, u32(size), link, 0, 1, entry});
            at += u32(size);
        };
        sections = {{}};
        section(1, elf::sht_symtab, symbols.size() * sizeof(elf::Symbol), 2, sizeof(elf::Symbol));
        section(9, elf::sht_strtab, symbol_names.size(), 0, 0);
        section(17, elf::sht_strtab, section_names.size(), 0, 0);
        section(27, elf::sht_progbits, probes.size(), 0, 0);
        sections.push_back({0, elf::sht_progbits, elf::shf_alloc, vaddr, code_offset(),
                            u32(code.size()), 0, 0, 4, 0});
        header.shoff = at;
    }
    std::vector<u8> bytes() const {
        std::vector<u8> out;
        append(out, &header, sizeof header);
        append(out, segments.data(), segments.size() * sizeof(elf::ProgramHeader));
        out.resize(code_offset());
        append(out, code.data(), code.size());
        append(out, symbols.data(), symbols.size() * sizeof(elf::Symbol));
        append(out, symbol_names.data(), symbol_names.size());
        append(out, section_names.data(), section_names.size());
        append(out, probes.data(), probes.size());
        append(out, sections.data(), sections.size() * sizeof(elf::SectionHeader));
        return out;
    }

  private:
    static constexpr unsigned max_segments = 4;
    static void append(std::vector<u8>& out, const void* data, size_t count) {
        const u8* first = static_cast<const u8*>(data);
        out.insert(out.end(), first, first + count);
    }
};

}  // namespace ringside::test
