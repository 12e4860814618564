// The system ROM: it ends at 4 GiB, where the CPU starts.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// Immutable, so that copies share it. Its copy below 1 MiB lies in the memory itself.
class Rom {
  public:
    Rom() = default;
    /// A whole number of pages, at most `isa::pc::memory::most_rom`.
    explicit Rom(std::vector<u8> bytes)
        : bytes_(std::make_shared<const std::vector<u8>>(std::move(bytes))) {}

    u64 size() const { return bytes_ ? bytes_->size() : 0; }
    u64 first() const { return isa::pc::memory::rom_end - size(); }
    bool claims(HostPhys at) const {
        return at.value >= first() && at.value < isa::pc::memory::rom_end;
    }
    /// The bytes from there on to the end; the address must be claimed.
    std::span<const u8> from(HostPhys at) const {
        return std::span(*bytes_).subspan(at.value - first());
    }
    bool operator==(const Rom& o) const {
        return bytes_ == o.bytes_ || (bytes_ && o.bytes_ && *bytes_ == *o.bytes_);
    }

  private:
    std::shared_ptr<const std::vector<u8>> bytes_;
};

}  // namespace ringside::dev
