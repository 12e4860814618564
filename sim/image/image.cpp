// Loads Multiboot images and flat ones.
#include "sim/image/image.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/image/elf.hpp"
#include "sim/isa/multiboot.hpp"

namespace ringside::image {

namespace multiboot = isa::multiboot;

namespace {
struct FoundHeader {
    multiboot::Header header{};
    u32 offset = 0;
};

/// Multiboot Specification, "The layout of Multiboot header".
Result<FoundHeader> find_header(Bytes bytes, const std::string& name) {
    const Bytes searched = bytes.first(std::min<size_t>(bytes.size(), multiboot::header_search));
    bool wrong_checksum = false;
    for (u32 at = 0; holds(searched, at, multiboot::header_min_size);
         at += multiboot::header_alignment) {
        FoundHeader found{.offset = at};
        std::memcpy(&found.header, searched.data() + at, multiboot::header_min_size);
        if (found.header.magic != multiboot::header_magic) continue;
        if (u32(found.header.magic + found.header.flags + found.header.checksum) != 0) {
            wrong_checksum = true;
            continue;
        }
        if (found.header.flags & multiboot::header_flags::addresses) {
            const auto whole = read_at<multiboot::Header>(searched, at);
            if (!whole)
                return Diagnostic{.file = name,
                                  .message = "the file ends inside the Multiboot header"};
            found.header = *whole;
        }
        return found;
    }
    if (wrong_checksum)
        return Diagnostic{.file = name,
                          .message = "the checksum of the Multiboot header is wrong",
                          .hint = "magic + flags + checksum must be 0 in 32 bits"};
    return Diagnostic{.file = name,
                      .message = "there is no Multiboot header in the first 8192 bytes",
                      .hint = "the word 0x1BADB002, 4-byte aligned, then flags and checksum"};
}

Status check_flags(const multiboot::Header& header, const std::string& name) {
    constexpr u32 offered =
        multiboot::header_flags::page_align | multiboot::header_flags::memory_info;
    const u32 unknown = header.flags & multiboot::header_flags::required & ~offered;
    if (unknown)
        return Diagnostic{
            .file = name,
            .message = fmt::format("the Multiboot header requires what is not offered: flags {:#x}",
                                   unknown),
            .hint = unknown & multiboot::header_flags::video_mode ? "there is no video mode to set"
                                                                  : ""};
    return {};
}

/// Multiboot Specification, "The address fields of Multiboot header".
Status load_by_addresses(Bytes bytes, const FoundHeader& found, Image& image) {
    const multiboot::Header& h = found.header;
    const auto bad = [&](std::string what) {
        return Diagnostic{.file = image.name, .message = std::move(what)};
    };
    if (h.load_addr > h.header_addr || h.header_addr - h.load_addr > found.offset)
        return bad(fmt::format("header_addr {:#x} does not fit load_addr {:#x}", h.header_addr,
                               h.load_addr));
    const u64 first = found.offset - (h.header_addr - h.load_addr);
    const u64 size = h.load_end_addr ? u64(h.load_end_addr) - h.load_addr : bytes.size() - first;
    if ((h.load_end_addr && h.load_end_addr < h.load_addr) || !holds(bytes, first, size))
        return bad(fmt::format("load_end_addr {:#x} lies outside the file", h.load_end_addr));
    const u64 end = h.bss_end_addr ? h.bss_end_addr : h.load_addr + size;
    if (end < h.load_addr + size || end > u64{1} << 32)
        return bad(fmt::format("bss_end_addr {:#x} does not fit", h.bss_end_addr));
    const Bytes content = bytes.subspan(first, size);
    image.segments.push_back(
        {h.load_addr, h.load_addr, {content.begin(), content.end()}, u32(end - h.load_addr)});
    if (!image.physical(h.entry_addr))
        return bad(fmt::format("the entry point {:#x} is not in what is loaded", h.entry_addr));
    image.entry = h.entry_addr;
    return {};
}
}  // namespace

std::optional<u32> Image::physical(u32 vaddr) const {
    for (const Segment& s : segments)
        if (vaddr >= s.vaddr && vaddr - s.vaddr < s.mem_size) return s.paddr + (vaddr - s.vaddr);
    return std::nullopt;
}

std::optional<u32> Image::linked(u32 paddr) const {
    for (const Segment& s : segments)
        if (paddr >= s.paddr && paddr - s.paddr < s.mem_size) return s.vaddr + (paddr - s.paddr);
    return std::nullopt;
}

u64 Image::end() const {
    u64 end = 0;
    for (const Segment& s : segments) end = std::max(end, u64(s.paddr) + s.mem_size);
    return end;
}

Result<Image> parse(std::span<const u8> bytes, std::string name) {
    Image image;
    image.name = std::move(name);
    const auto found = find_header(bytes, image.name);
    if (!found) return found.error();
    if (Status ok = check_flags(found->header, image.name); !ok) return ok.error();
    const bool by_addresses = found->header.flags & multiboot::header_flags::addresses;
    if (!by_addresses && !is_elf(bytes))
        return Diagnostic{
            .file = image.name,
            .message = "it is neither an ELF file nor does its Multiboot header have addresses"};
    if (Status ok = by_addresses ? load_by_addresses(bytes, *found, image) : load_elf(bytes, image);
        !ok)
        return ok.error();
    if (is_elf(bytes))
        if (Status ok = describe_from_elf(bytes, image); !ok) return ok.error();
    return image;
}

Result<Image> parse_flat(std::span<const u8> bytes, u32 load_address, std::string name) {
    if (bytes.empty()) return Diagnostic{.file = std::move(name), .message = "the file is empty"};
    if (u64(load_address) + bytes.size() > u64{1} << 32)
        return Diagnostic{
            .file = std::move(name),
            .message = fmt::format("{} bytes do not fit at {:#x}", bytes.size(), load_address)};
    Image image;
    image.name = std::move(name);
    image.entry = load_address;
    image.segments.push_back(
        {load_address, load_address, {bytes.begin(), bytes.end()}, u32(bytes.size())});
    return image;
}

}  // namespace ringside::image
