// The contents of a disk: copy-on-write sectors, so that a copy of a machine has its own disk.
#pragma once
#include <span>

#include "sim/isa/ata.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::dev {

class DiskImage {
  public:
    DiskImage() : bytes_(0) {}
    /// A last sector that is not full ends in zeros.
    explicit DiskImage(std::span<const u8> contents);

    u64 sectors() const { return sectors_; }
    u8 byte(u64 at) const { return u8(bytes_.read({at}, 1)); }
    void write_sector(u64 sector, std::span<const u8, isa::ata::sector_bytes> from);
    void read_sector(u64 sector, std::span<u8, isa::ata::sector_bytes> to) const;
    bool operator==(const DiskImage&) const = default;

  private:
    u64 sectors_ = 0;
    mem::Ram bytes_;
};

}  // namespace ringside::dev
