// ELF32: headers, segments, sections, symbols.
#include "sim/asm/elf_writer.hpp"

#include <elf.h>

#include <algorithm>
#include <cstring>

#include "sim/asm/bytes_writer.hpp"
#include "sim/asm/dwarf_writer.hpp"
#include "sim/asm/section_order.hpp"
#include "sim/base/bits.hpp"

namespace ringside::assembler {
namespace {

constexpr u32 page = 4096;

template <class Struct>
std::vector<u8> raw(const Struct& s) {
    std::vector<u8> out(sizeof s);
    std::memcpy(out.data(), &s, sizeof s);
    return out;
}

/// A string table: offset 0 is the empty string. System V ABI "String Table".
class Strings {
  public:
    u32 add(const std::string& s) {
        const auto at = static_cast<u32>(bytes_.size());
        bytes_.insert(bytes_.end(), s.begin(), s.end());
        bytes_.push_back(0);
        return at;
    }
    const std::vector<u8>& bytes() const { return bytes_; }

  private:
    std::vector<u8> bytes_{0};
};

class Writer {
  public:
    explicit Writer(const Assembly& a) : assembly_(a) {}

    std::vector<u8> run() {
        headers_.emplace_back();  // section 0 is undefined
        find_segments();
        file_.pad_to(sizeof(Elf32_Ehdr) + segments_.size() * sizeof(Elf32_Phdr));
        for (const size_t i : elf_order(assembly_.sections))
            loaded_or_carried(assembly_.sections[i]);
        debug();
        symbols();
        return finish();
    }

  private:
    static u32 flags(const Section& s) {
        return (s.alloc ? u32{SHF_ALLOC} : 0) | (s.write ? u32{SHF_WRITE} : 0) |
               (s.exec ? u32{SHF_EXECINSTR} : 0);
    }
    static u32 rights(const Section& s) {
        return PF_R | (s.write ? u32{PF_W} : 0) |
               (s.exec || s.name == ".multiboot" ? u32{PF_X} : 0);
    }
    static bool present(const Section& s) { return s.size > 0; }

    /// Neighbours with the same rights share a segment; bytes do not follow reserved space.
    void find_segments() {
        bool reserved = false;
        for (const size_t i : elf_order(assembly_.sections)) {
            const Section& s = assembly_.sections[i];
            if (!s.alloc || !present(s)) continue;
            const bool joins = !segments_.empty() && segments_.back().p_flags == rights(s) &&
                               (!reserved || s.nobits);
            if (!joins) {
                Elf32_Phdr p{};
                p.p_type = PT_LOAD;
                p.p_vaddr = p.p_paddr = static_cast<u32>(s.address);
                p.p_flags = rights(s);
                p.p_align = page;
                segments_.push_back(p);
            }
            Elf32_Phdr& p = segments_.back();
            p.p_memsz = static_cast<u32>(s.address + s.size) - p.p_vaddr;
            if (!s.nobits) p.p_filesz = p.p_memsz;
            reserved = s.nobits;
        }
    }

    void loaded_or_carried(const Section& s) {
        if (!present(s)) return;
        if (s.alloc) {
            const auto address = static_cast<u32>(s.address);
            for (Elf32_Phdr& p : segments_) {
                if (address < p.p_vaddr || address - p.p_vaddr >= p.p_memsz) continue;
                // Offset and address agree within a page. System V ABI "Program Header".
                if (p.p_offset == 0) {
                    const u64 from = align_up(file_.size(), page);
                    p.p_offset = static_cast<u32>(from) + p.p_vaddr % page;
                }
                if (!s.nobits) file_.pad_to(p.p_offset + (address - p.p_vaddr));
                break;
            }
        }
        add_section(s.name, s.nobits ? SHT_NOBITS : SHT_PROGBITS, flags(s), s.bytes,
                    static_cast<u32>(s.alignment), static_cast<u32>(s.address),
                    static_cast<u32>(s.size));
    }

    u32 add_section(const std::string& name, u32 type, u32 section_flags,
                    const std::vector<u8>& bytes, u32 alignment, u32 address, u32 size) {
        if (!address && type != SHT_NOBITS) file_.pad_to(align_up(file_.size(), alignment));
        Elf32_Shdr h{};
        h.sh_name = names_.add(name);
        h.sh_type = type;
        h.sh_flags = section_flags;
        h.sh_addr = address;
        h.sh_offset = static_cast<u32>(file_.size());
        h.sh_size = size;
        h.sh_addralign = alignment;
        file_.bytes(bytes);
        headers_.push_back(h);
        section_names_.push_back(name);
        return static_cast<u32>(headers_.size() - 1);
    }

    u32 plain(const std::string& name, u32 type, const std::vector<u8>& bytes, u32 alignment) {
        return add_section(name, type, 0, bytes, alignment, 0, static_cast<u32>(bytes.size()));
    }

    void debug() {
        const DebugSections d = debug_sections(assembly_.files, assembly_.lines);
        if (d.line.empty()) return;
        plain(".debug_info", SHT_PROGBITS, d.info, 1);
        plain(".debug_abbrev", SHT_PROGBITS, d.abbrev, 1);
        plain(".debug_line", SHT_PROGBITS, d.line, 1);
    }

    u16 index_of(const std::string& section) const {
        const auto found = std::find(section_names_.begin(), section_names_.end(), section);
        return found == section_names_.end() ? u16{SHN_ABS}
                                             : static_cast<u16>(found - section_names_.begin() + 1);
    }

    void symbols() {
        Strings strings;
        BytesWriter table;
        table.bytes(raw(Elf32_Sym{}));
        u32 count = 1;
        const auto put = [&](const std::string& name, u64 value, u8 info, u16 section) {
            Elf32_Sym s{};
            s.st_name = strings.add(name);
            s.st_value = static_cast<u32>(value);
            s.st_info = info;
            s.st_shndx = section;
            table.bytes(raw(s));
            ++count;
        };
        if (!assembly_.files.empty())
            put(assembly_.files[0], 0, ELF32_ST_INFO(STB_LOCAL, STT_FILE), SHN_ABS);
        u32 first_global = 0;
        for (const bool global : {false, true}) {
            if (global) first_global = count;
            for (const Symbol& s : assembly_.symbols)
                // Names like ..@5.loop are made by macros and mean nothing outside.
                if (s.global == global && !s.name.starts_with(".."))
                    put(s.name, s.value, ELF32_ST_INFO(global ? STB_GLOBAL : STB_LOCAL, STT_NOTYPE),
                        index_of(s.section));
        }
        const u32 symtab = plain(".symtab", SHT_SYMTAB, table.take(), 4);
        const u32 strtab = plain(".strtab", SHT_STRTAB, strings.bytes(), 1);
        headers_[symtab].sh_link = strtab;
        headers_[symtab].sh_info = first_global;
        headers_[symtab].sh_entsize = sizeof(Elf32_Sym);
    }

    std::vector<u8> finish() {
        const u32 names_index = static_cast<u32>(headers_.size());
        Elf32_Shdr h{};
        h.sh_name = names_.add(".shstrtab");
        h.sh_type = SHT_STRTAB;
        h.sh_offset = static_cast<u32>(file_.size());
        h.sh_size = static_cast<u32>(names_.bytes().size());
        h.sh_addralign = 1;
        file_.bytes(names_.bytes());
        headers_.push_back(h);
        file_.pad_to(align_up(file_.size(), 4));

        Elf32_Ehdr e{};
        std::memcpy(e.e_ident, ELFMAG, SELFMAG);
        e.e_ident[EI_CLASS] = ELFCLASS32;
        e.e_ident[EI_DATA] = ELFDATA2LSB;
        e.e_ident[EI_VERSION] = EV_CURRENT;
        e.e_type = ET_EXEC;
        e.e_machine = EM_386;
        e.e_version = EV_CURRENT;
        e.e_entry = static_cast<u32>(assembly_.entry);
        e.e_phoff = segments_.empty() ? 0 : sizeof(Elf32_Ehdr);
        e.e_shoff = static_cast<u32>(file_.size());
        e.e_ehsize = sizeof(Elf32_Ehdr);
        e.e_phentsize = sizeof(Elf32_Phdr);
        e.e_phnum = static_cast<u16>(segments_.size());
        e.e_shentsize = sizeof(Elf32_Shdr);
        e.e_shnum = static_cast<u16>(headers_.size());
        e.e_shstrndx = static_cast<u16>(names_index);
        for (const Elf32_Shdr& s : headers_) file_.bytes(raw(s));

        std::vector<u8> out = file_.take();
        std::memcpy(out.data(), &e, sizeof e);
        for (size_t i = 0; i < segments_.size(); ++i)
            std::memcpy(out.data() + sizeof e + i * sizeof(Elf32_Phdr), &segments_[i],
                        sizeof(Elf32_Phdr));
        return out;
    }

    const Assembly& assembly_;
    BytesWriter file_;
    std::vector<Elf32_Phdr> segments_;
    std::vector<Elf32_Shdr> headers_;
    std::vector<std::string> section_names_;
    Strings names_;
};

}  // namespace

std::vector<u8> elf_image(const Assembly& assembly) { return Writer(assembly).run(); }

}  // namespace ringside::assembler
