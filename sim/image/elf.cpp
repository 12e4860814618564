// Reads ELF32 executables for i386. System V ABI, "Object Files" and "Program Loading".
#include "sim/image/elf.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/isa/elf32.hpp"

namespace ringside::image {

namespace elf = isa::elf32;

namespace {
Diagnostic bad(const Image& image, std::string what, std::string hint = {}) {
    return {.file = image.name, .message = std::move(what), .hint = std::move(hint)};
}

/// Why this header is none of a program for the machine; empty when it is one.
std::string_view refusal(const elf::Header& h) {
    if (h.ident[elf::ident_class] != elf::class32) return "it is not a 32-bit ELF file";
    if (h.ident[elf::ident_data] != elf::little_endian) return "it is not little-endian";
    if (h.machine != elf::machine_386) return "it is for another processor than the i386";
    if (h.type != u16(elf::Type::Executable))
        return "it is not linked to run at fixed addresses (ET_EXEC)";
    return elf::runnable_on_386(h) ? "" : "it is no ELF file";
}

Status check_segment(const Image& image, Bytes bytes, const elf::ProgramHeader& ph,
                     unsigned index) {
    if (!holds(bytes, ph.offset, ph.filesz))
        return bad(image, fmt::format("segment {} lies outside the file", index));
    if (ph.filesz > ph.memsz)
        return bad(image,
                   fmt::format("segment {} has more bytes in the file than in memory", index));
    if (u64(ph.paddr) + ph.memsz > u64{1} << 32 || u64(ph.vaddr) + ph.memsz > u64{1} << 32)
        return bad(image, fmt::format("segment {} goes past the end of the address space", index));
    return {};
}

Status check_overlap(const Image& image) {
    std::vector<std::pair<u64, u64>> ranges;
    for (const Segment& s : image.segments) ranges.emplace_back(s.paddr, u64(s.paddr) + s.mem_size);
    std::ranges::sort(ranges);
    for (size_t i = 1; i < ranges.size(); ++i)
        if (ranges[i].first < ranges[i - 1].second)
            return bad(image,
                       fmt::format("two segments both want the memory at {:#x}", ranges[i].first));
    return {};
}

struct Sections {
    Bytes file;
    std::vector<elf::SectionHeader> headers;
    Bytes names;

    Bytes content(const elf::SectionHeader& s) const {
        return s.type == elf::sht_nobits ? Bytes{} : file.subspan(s.offset, s.size);
    }
};

/// The section table, every section inside the file. A file may have none.
Result<Sections> read_sections(Bytes bytes, const Image& image, const elf::Header& header) {
    Sections out{bytes, {}, {}};
    if (header.shoff == 0 || header.shnum == 0) return out;
    if (header.shentsize != sizeof(elf::SectionHeader))
        return bad(image, fmt::format("section headers of {} bytes", header.shentsize));
    if (!holds(bytes, header.shoff, u64(header.shnum) * sizeof(elf::SectionHeader)))
        return bad(image, "the section table lies outside the file");
    for (unsigned i = 0; i < header.shnum; ++i) {
        const auto section =
            read_at<elf::SectionHeader>(bytes, header.shoff + u64(i) * sizeof(elf::SectionHeader));
        if (section->type != elf::sht_nobits && section->type != 0 &&
            !holds(bytes, section->offset, section->size))
            return bad(image, fmt::format("section {} lies outside the file", i));
        out.headers.push_back(*section);
    }
    if (header.shstrndx == elf::shn_undef) return out;
    if (header.shstrndx >= header.shnum || out.headers[header.shstrndx].type != elf::sht_strtab)
        return bad(image, fmt::format("section {} should hold the section names", header.shstrndx));
    out.names = out.content(out.headers[header.shstrndx]);
    return out;
}

SymbolKind kind_of(const elf::Symbol& s) {
    if (s.shndx == elf::shn_abs) return SymbolKind::Absolute;
    if (s.type() == elf::stt_func) return SymbolKind::Function;
    return s.type() == elf::stt_object ? SymbolKind::Object : SymbolKind::Label;
}

/// A name for a number or for a place in memory; not for a file, a section or a place in notes.
bool is_place(const elf::Symbol& s, const Sections& sections) {
    const u8 type = s.type();
    if (type != elf::stt_notype && type != elf::stt_object && type != elf::stt_func) return false;
    if (s.name == 0) return false;
    if (s.shndx == elf::shn_abs) return true;
    return s.shndx != elf::shn_undef && s.shndx < sections.headers.size() &&
           (sections.headers[s.shndx].flags & elf::shf_alloc);
}

/// NASM's labels inside macros: they say nothing to a reader.
bool is_macro_local(std::string_view name) { return name.starts_with("..@"); }

Result<std::vector<Symbol>> read_symbols(const Image& image, const Sections& sections,
                                         const elf::SectionHeader& table) {
    if (table.entsize != sizeof(elf::Symbol))
        return bad(image, fmt::format("symbols of {} bytes", table.entsize));
    if (table.link >= sections.headers.size() ||
        sections.headers[table.link].type != elf::sht_strtab)
        return bad(image, "the symbol table names no string table");
    const Bytes content = sections.content(table);
    const Bytes strings = sections.content(sections.headers[table.link]);
    // Names may share their ends, but a file whose names together dwarf it is made to exhaust us.
    u64 name_budget = sections.file.size() * 8;
    std::vector<Symbol> out;
    for (u64 at = 0; at + sizeof(elf::Symbol) <= content.size(); at += sizeof(elf::Symbol)) {
        const auto symbol = read_at<elf::Symbol>(content, at);
        if (!is_place(*symbol, sections)) continue;
        const auto name = text_at(strings, symbol->name);
        if (!name || name->size() > name_budget)
            return bad(image,
                       fmt::format("the name of symbol {} is broken", at / sizeof(elf::Symbol)));
        name_budget -= name->size();
        if (name->empty() || is_macro_local(*name)) continue;
        const std::string raw(*name);
        out.push_back({demangled(raw), raw, symbol->value, symbol->size, kind_of(*symbol),
                       symbol->binding() != elf::stb_local});
    }
    return out;
}
}  // namespace

bool is_elf(Bytes bytes) {
    return bytes.size() >= sizeof(elf::magic) &&
           std::ranges::equal(bytes.first(sizeof(elf::magic)), elf::magic);
}

Status load_elf(Bytes bytes, Image& image) {
    const auto header = read_at<elf::Header>(bytes, 0);
    if (!header) return bad(image, "the file ends inside the ELF header");
    if (const auto why = refusal(*header); !why.empty())
        return bad(image, std::string(why), "link for i386 with -m elf_i386 at a fixed address");
    if (header->phnum && header->phentsize != sizeof(elf::ProgramHeader))
        return bad(image, fmt::format("program headers of {} bytes", header->phentsize));
    if (!holds(bytes, header->phoff, u64(header->phnum) * sizeof(elf::ProgramHeader)))
        return bad(image, "the program header table lies outside the file");
    u64 claimed = 0;
    for (unsigned i = 0; i < header->phnum; ++i) {
        const auto ph =
            read_at<elf::ProgramHeader>(bytes, header->phoff + u64(i) * sizeof(elf::ProgramHeader));
        if (ph->type != elf::pt_load || ph->memsz == 0) continue;
        if (Status ok = check_segment(image, bytes, *ph, i); !ok) return ok;
        claimed += ph->filesz;
        if (claimed > bytes.size())
            return bad(image, "the segments claim more bytes than the file has");
        const Bytes content = bytes.subspan(ph->offset, ph->filesz);
        image.segments.push_back(
            {ph->paddr, ph->vaddr, {content.begin(), content.end()}, ph->memsz});
    }
    if (image.segments.empty()) return bad(image, "it has no segment to load");
    if (Status ok = check_overlap(image); !ok) return ok;
    const auto entry = image.physical(header->entry);
    if (!entry)
        return bad(image, fmt::format("the entry point {:#x} lies in no segment", header->entry));
    image.entry = *entry;
    return {};
}

Status describe_from_elf(Bytes bytes, Image& image) {
    const auto header = read_at<elf::Header>(bytes, 0);
    if (!header || !refusal(*header).empty()) return {};
    const auto sections = read_sections(bytes, image, *header);
    if (!sections) return sections.error();
    for (const auto& section : sections->headers) {
        if (section.type != elf::sht_symtab) continue;
        auto symbols = read_symbols(image, *sections, section);
        if (!symbols) return symbols.error();
        image.symbols = SymbolTable(std::move(symbols).value());
        break;  // there is only one
    }
    image.lines = read_lines(bytes);
    for (const auto& section : sections->headers) {
        if (section.type != elf::sht_progbits ||
            text_at(sections->names, section.name) != probe_section)
            continue;
        auto probes = parse_probes(sections->content(section), image.symbols, image.name);
        if (!probes) return probes.error();
        std::ranges::move(probes.value(), std::back_inserter(image.probes));
    }
    return {};
}

}  // namespace ringside::image
