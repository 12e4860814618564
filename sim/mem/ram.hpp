// Physical memory: copy-on-write pages behind a value interface.
//
// A Ram is a table of chunks (2 MiB of addresses each), a chunk a table of pages. Copying a Ram
// shares all chunks; the first write through either copy clones the chunk's table and the page.
#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "sim/base/types.hpp"

namespace ringside::mem {

inline constexpr u64 page_bytes = 4096;

class Ram {
  public:
    /// `bytes` is rounded up to whole pages; all bytes are 0.
    explicit Ram(u64 bytes);
    Ram(const Ram& other);
    Ram& operator=(const Ram& other);
    Ram(Ram&&) noexcept;
    Ram& operator=(Ram&&) noexcept;
    ~Ram() = default;

    u64 size() const { return size_; }
    bool contains(HostPhys address, u64 bytes = 1) const {
        return address.value < size_ && bytes <= size_ - address.value;
    }

    /// The page's bytes for reading; null outside the memory. Valid until `version` changes.
    const u8* page(u64 frame) const;
    /// The page's bytes for writing, no longer shared with any copy; null outside the memory.
    /// Valid until `version` changes.
    u8* own_page(u64 frame);

    /// Grows whenever a pointer handed out by `page` or `own_page` may have become stale: a copy
    /// was made, or a write gave a page a new place.
    u64 version() const { return version_.load(std::memory_order_relaxed); }

    /// Little-endian word of 1, 2, 4 or 8 bytes; bytes outside the memory read as all ones.
    u64 read(HostPhys address, unsigned bytes) const;
    /// Bytes outside the memory are dropped.
    void write(HostPhys address, unsigned bytes, u64 value);
    void copy_in(HostPhys address, std::span<const u8> bytes);
    void copy_out(HostPhys address, std::span<u8> bytes) const;

    /// Equal when sizes and all bytes are; shared pages are not compared byte by byte.
    bool operator==(const Ram& other) const;
    /// What this Ram holds that it does not share with `other`, of the same size: what keeping it
    /// beside the other costs.
    u64 bytes_apart(const Ram& other) const;

  private:
    using Page = std::array<u8, page_bytes>;
    static constexpr u64 pages_per_chunk = 512;
    using Chunk = std::array<std::shared_ptr<Page>, pages_per_chunk>;

    u64 size_ = 0;
    std::vector<std::shared_ptr<Chunk>> chunks_;
    mutable std::atomic<u64> version_{0};
};

}  // namespace ringside::mem
