// The contents of a disk.
#include "sim/dev/disk_image.hpp"

#include <algorithm>

namespace ringside::dev {

using isa::ata::sector_bytes;

DiskImage::DiskImage(std::span<const u8> contents)
    : sectors_((contents.size() + sector_bytes - 1) / sector_bytes),
      bytes_(sectors_ * sector_bytes) {
    // Pages of zeros take no memory.
    for (size_t at = 0; at < contents.size(); at += mem::page_bytes) {
        const auto page =
            contents.subspan(at, std::min<size_t>(mem::page_bytes, contents.size() - at));
        if (std::ranges::any_of(page, [](u8 byte) { return byte != 0; }))
            bytes_.copy_in({at}, page);
    }
}

void DiskImage::write_sector(u64 sector, std::span<const u8, sector_bytes> from) {
    bytes_.copy_in({sector * sector_bytes}, from);
}

void DiskImage::read_sector(u64 sector, std::span<u8, sector_bytes> to) const {
    bytes_.copy_out({sector * sector_bytes}, to);
}

}  // namespace ringside::dev
