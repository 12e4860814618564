// Instructions are found through the line table: what has a line is code.
#include "ui/view/listing.hpp"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <span>

#include "sim/decode/decoder.hpp"
#include "sim/decode/text.hpp"

namespace ringside::ui {
namespace {

/// Smaller numbers are numbers, not addresses.
constexpr u64 lowest_named = 0x1000;

struct Range {
    u32 from, to;
};

/// The ranges that lines cover, joined where they touch.
std::vector<Range> covered(const image::LineTable& lines) {
    std::vector<Range> ranges;
    const auto& rows = lines.rows();
    for (size_t i = 0; i + 1 < rows.size(); ++i) {
        if (rows[i].end || rows[i].address == rows[i + 1].address) continue;
        if (!ranges.empty() && ranges.back().to == rows[i].address)
            ranges.back().to = rows[i + 1].address;
        else
            ranges.push_back({rows[i].address, rows[i + 1].address});
    }
    return ranges;
}

std::string trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return "";
    return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

bool assembly_source(std::string_view file) {
    return file.ends_with(".asm") || file.ends_with(".inc") || file.ends_with(".S");
}

/// "void ringside::vmm::stop(char const*)" → "stop": type, namespace and parameters are left out.
std::string short_name(const std::string& name) {
    constexpr std::string_view anonymous = "(anonymous namespace)::";
    std::string plain = name;
    for (size_t at; (at = plain.find(anonymous)) != std::string::npos;)
        plain.erase(at, anonymous.size());
    plain = plain.substr(0, plain.find('('));

    plain = plain.substr(plain.rfind(' ') + 1);
    constexpr std::string_view ours = "ringside::vmm::";
    if (plain.starts_with(ours)) plain.erase(0, ours.size());
    return plain.empty() ? name : plain;
}

/// Addresses in an instruction's text that have a name get it: "call 0x100200" → "call tick_init".
std::string with_names(const std::string& text, const image::SymbolTable& symbols) {
    const size_t at = text.find("0x");
    if (at == std::string::npos) return text;
    size_t end = at + 2;
    while (end < text.size() && std::isxdigit(static_cast<unsigned char>(text[end]))) ++end;
    const u64 value = std::strtoull(text.c_str() + at, nullptr, 16);
    const auto symbol = value >= lowest_named ? symbols.at(u32(value)) : std::nullopt;
    if (!symbol || symbol->offset != 0) return text;
    return text.substr(0, at) + short_name(symbol->symbol->name) + text.substr(end);
}

}  // namespace

std::string byte_text(const u8* bytes, size_t count) {
    std::string text;
    char digits[4];
    for (size_t i = 0; i < count; ++i) {
        std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
        text += (i ? " " : "") + std::string(digits);
    }
    return text;
}

std::string_view file_leaf(std::string_view path) { return path.substr(path.rfind('/') + 1); }

Listing::Listing(const image::Image& image, const Source& source, unsigned bits)
    : symbols_(image.symbols), lines_(image.lines) {
    std::map<std::string, std::vector<std::string>, std::less<>> files;
    const Source cached = [&](std::string_view file) {
        auto at = files.find(file);
        if (at == files.end())
            at =
                files.emplace(std::string(file), source ? source(file) : std::vector<std::string>{})
                    .first;
        return at->second;
    };
    for (const Range& range : covered(lines_)) {
        for (const image::Segment& segment : image.segments) {
            const u32 end = segment.vaddr + u32(segment.bytes.size());
            for (u32 at = range.from; at >= segment.vaddr && at < std::min(range.to, end);) {
                const std::span<const u8> bytes(segment.bytes.data() + (at - segment.vaddr),
                                                std::min<size_t>(end - at, 15));
                const auto text = decode::disassemble(bytes, at, bits);
                const auto decoded = decode::decode(bytes, bits);
                const u8 length = text ? text->length : 1;
                const isa::Op op =
                    decoded.status == decode::Decoded::Ok ? decoded.insn.op : isa::Op::Unknown;
                add_headings(at, cached);
                rows_.push_back(
                    {CodeRowKind::Instruction, at, length, op,
                     text ? with_names(text->text, symbols_) : "db 0x" + byte_text(bytes.data(), 1),
                     byte_text(bytes.data(), length)});
                at += length;
            }
        }
    }
}

void Listing::add_headings(u32 address, const Source& source) {
    const auto symbol = symbols_.at(address);
    if (symbol && symbol->offset == 0)
        rows_.push_back(
            {CodeRowKind::Label, address, 0, {}, short_name(symbol->symbol->name) + ":", ""});
    const auto line = lines_.at(address);
    if (!line || line->line == 0) return;
    const std::string key = std::string(line->file) + ":" + std::to_string(line->line);
    if (key == last_source_) return;
    last_source_ = key;
    const std::vector<std::string> text = source(line->file);
    if (line->line > text.size()) return;
    std::string words = trimmed(text[line->line - 1]);
    // Assembly is its own listing: only what the author says about it is added.
    if (assembly_source(line->file)) {
        const size_t comment = words.find(';');
        words = comment == std::string::npos ? "" : words.substr(comment);
    }
    if (!words.empty()) rows_.push_back({CodeRowKind::Source, address, 0, {}, words, ""});
}

std::optional<size_t> Listing::row_at(u32 address) const {
    auto at = std::upper_bound(rows_.begin(), rows_.end(), address,
                               [](u32 a, const Row& row) { return a < row.address; });
    while (at != rows_.begin()) {
        --at;
        if (at->kind != CodeRowKind::Instruction) continue;
        if (address - at->address < at->length) return size_t(at - rows_.begin());
        return {};
    }
    return {};
}

std::string Listing::place(u32 address) const {
    const auto line = lines_.at(address);
    if (line && line->line)
        return std::string(file_leaf(line->file)) + ":" + std::to_string(line->line);
    return symbol(address);
}

std::string Listing::symbol(u32 address) const {
    const auto symbol = symbols_.at(address);
    return symbol ? symbol->text() : "";
}

}  // namespace ringside::ui
