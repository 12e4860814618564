// ringside disasm: an image, or any bytes, as text.
#include <fmt/format.h>

#include <span>

#include "sim/cli/command.hpp"
#include "sim/decode/text.hpp"
#include "sim/image/bytes.hpp"
#include "sim/image/image.hpp"
#include "sim/isa/elf32.hpp"

namespace ringside::cli {
namespace {

namespace elf = isa::elf32;

struct Options {
    std::string file;
    unsigned bits = 32;
    u32 origin = 0;
};

bool is_elf(std::span<const u8> bytes) {
    return bytes.size() >= 4 && std::equal(bytes.begin(), bytes.begin() + 4, elf::magic);
}

/// A run of code: its bytes and the address of the first.
struct Code {
    u32 address = 0;
    std::span<const u8> bytes;
};

/// The executable sections of an ELF file; its executable segments where it has no sections.
std::vector<Code> code_of(std::span<const u8> file) {
    std::vector<Code> out;
    const auto header = image::read_at<elf::Header>(file, 0);
    if (!header) return out;
    const auto add = [&](u32 address, u64 offset, u64 size) {
        if (size && image::holds(file, offset, size))
            out.push_back({address, file.subspan(offset, size)});
    };
    for (u32 i = 0; i < header->shnum; ++i) {
        const auto section = image::read_at<elf::SectionHeader>(
            file, u64{header->shoff} + u64{i} * header->shentsize);
        if (section && section->type != elf::sht_nobits && (section->flags & elf::shf_execinstr))
            add(section->addr, section->offset, section->size);
    }
    for (u32 i = 0; out.empty() && i < header->phnum; ++i) {
        const auto segment = image::read_at<elf::ProgramHeader>(
            file, u64{header->phoff} + u64{i} * header->phentsize);
        if (segment && segment->type == elf::pt_load && (segment->flags & elf::pf_x))
            add(segment->vaddr, segment->offset, segment->filesz);
    }
    return out;
}

void print_code(const Code& code, const image::SymbolTable& symbols, unsigned bits) {
    for (size_t offset = 0; offset < code.bytes.size();) {
        const u32 address = code.address + static_cast<u32>(offset);
        if (const auto at = symbols.at(address); at && at->offset == 0)
            fmt::print("{}:\n", at->symbol->name);
        const auto decoded = decode::disassemble(code.bytes.subspan(offset), address, bits);
        const decode::TextInsn one =
            decoded ? *decoded
                    : decode::TextInsn{1, fmt::format("db 0x{:02x}", code.bytes[offset])};
        std::string hex;
        for (const u8 byte : code.bytes.subspan(offset, one.length))
            hex += fmt::format("{:02x} ", byte);
        fmt::print("  {:8x}  {:<30} {}\n", address, hex, one.text);
        offset += one.length;
    }
}

int disassemble(const Options& options) {
    const auto text = read_file(options.file, most_image);
    if (!text) return report(text.error());
    const std::span bytes(reinterpret_cast<const u8*>(text->data()), text->size());
    if (bytes.empty()) return report({options.file, 0, 0, "is empty", ""});
    if (!is_elf(bytes)) {
        print_code({options.origin, bytes}, {}, options.bits);
        return success;
    }
    const auto image = image::parse(bytes, options.file);
    if (!image) return report(image.error());
    for (const Code& code : code_of(bytes)) print_code(code, image->symbols, options.bits);
    return success;
}

}  // namespace

Action add_disasm(CLI::App& app, const Program&) {
    CLI::App* command = app.add_subcommand("disasm", "Print an image's instructions");
    command->footer(
        "Examples:\n"
        "  ringside disasm popf.elf                              the code of an ELF image, with "
        "its labels\n"
        "  ringside disasm boot.bin --bits 16 --origin 0x7c00    any other bytes, from their "
        "first");
    auto options = std::make_shared<Options>();
    command->add_option("FILE", options->file, "The image")->required();
    command->add_option("--bits", options->bits, "16, 32 (default) or 64")
        ->check(CLI::IsMember({16, 32, 64}));
    command->add_option("--origin", options->origin, "Address of the first byte of a flat file")
        ->check(whole_number());
    return [options] { return disassemble(*options); };
}

}  // namespace ringside::cli
