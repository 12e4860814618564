// A program as it is loaded: segments, entry, and what its file tells about itself.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/base/result.hpp"
#include "sim/image/lines.hpp"
#include "sim/image/probes.hpp"
#include "sim/image/symbols.hpp"

namespace ringside::image {

/// `bytes` go to `paddr`; the rest up to `mem_size` is zero.
struct Segment {
    u32 paddr = 0;
    u32 vaddr = 0;
    std::vector<u8> bytes;
    u32 mem_size = 0;
    bool operator==(const Segment&) const = default;
};

struct Image {
    std::string name;
    u32 entry = 0;  ///< physical: paging is off when a program starts
    std::vector<Segment> segments;
    SymbolTable symbols;
    LineTable lines;
    std::vector<ProbePoint> probes;

    /// Where the linked address `vaddr` is loaded.
    std::optional<u32> physical(u32 vaddr) const;
    /// The linked address of what is loaded at `paddr`.
    std::optional<u32> linked(u32 paddr) const;
    /// One past the highest physical byte.
    u64 end() const;
    bool operator==(const Image&) const = default;
};

/// A Multiboot 1 image: ELF32 for i386, or any file whose header has the address fields. Every
/// offset is checked against the file; nothing is allocated for what a header merely claims.
/// `name` is for diagnostics.
Result<Image> parse(std::span<const u8> bytes, std::string name);

/// Raw code at an address, entered at its first byte.
Result<Image> parse_flat(std::span<const u8> bytes, u32 load_address, std::string name = {});

}  // namespace ringside::image
