#include "sim/mem/ram.hpp"

#include <algorithm>
#include <cstring>

#include "sim/base/bits.hpp"

namespace ringside::mem {
namespace {

const std::array<u8, page_bytes> zero_page{};

/// Copies of constant size are single moves; others are calls.
void copy_small(void* to, const void* from, unsigned bytes) {
    switch (bytes) {
        case 1: std::memcpy(to, from, 1); break;
        case 4: std::memcpy(to, from, 4); break;
        case 8: std::memcpy(to, from, 8); break;
        default: std::memcpy(to, from, bytes); break;
    }
}

}  // namespace

Ram::Ram(u64 bytes) : size_((bytes + page_bytes - 1) / page_bytes * page_bytes) {
    chunks_.resize((size_ / page_bytes + pages_per_chunk - 1) / pages_per_chunk);
}

Ram::Ram(const Ram& other) : size_(other.size_), chunks_(other.chunks_) {
    other.version_.fetch_add(1, std::memory_order_relaxed);
}

Ram& Ram::operator=(const Ram& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    chunks_ = other.chunks_;
    other.version_.fetch_add(1, std::memory_order_relaxed);
    version_.fetch_add(1, std::memory_order_relaxed);
    return *this;
}

Ram::Ram(Ram&& other) noexcept : size_(other.size_), chunks_(std::move(other.chunks_)) {
    other.size_ = 0;
}

Ram& Ram::operator=(Ram&& other) noexcept {
    size_ = other.size_;
    chunks_ = std::move(other.chunks_);
    other.size_ = 0;
    version_.fetch_add(1, std::memory_order_relaxed);
    return *this;
}

const u8* Ram::page(u64 frame) const {
    if (frame >= size_ / page_bytes) return nullptr;
    const auto& chunk = chunks_[frame / pages_per_chunk];
    if (!chunk) return zero_page.data();
    const auto& page = (*chunk)[frame % pages_per_chunk];
    return page ? page->data() : zero_page.data();
}

u8* Ram::own_page(u64 frame) {
    if (frame >= size_ / page_bytes) return nullptr;
    auto& chunk = chunks_[frame / pages_per_chunk];
    if (!chunk)
        chunk = std::make_shared<Chunk>();
    else if (chunk.use_count() > 1)
        chunk = std::make_shared<Chunk>(*chunk);
    auto& page = (*chunk)[frame % pages_per_chunk];
    if (page && page.use_count() == 1) return page->data();
    page = page ? std::make_shared<Page>(*page) : std::make_shared<Page>();
    version_.fetch_add(1, std::memory_order_relaxed);
    return page->data();
}

u64 Ram::read(HostPhys address, unsigned bytes) const {
    u64 value = 0;
    if (const u64 offset = address.value % page_bytes; offset + bytes <= page_bytes) {
        const u8* const from = page(address.value / page_bytes);
        if (!from) return width_mask(bytes);
        copy_small(&value, from + offset, bytes);
        return value;
    }
    for (unsigned i = 0; i < bytes; ++i) {
        const u64 at = address.value + i;
        const u8* bytes_of_page = page(at / page_bytes);
        value |= u64(bytes_of_page ? bytes_of_page[at % page_bytes] : 0xff) << (8 * i);
    }
    return value;
}

void Ram::write(HostPhys address, unsigned bytes, u64 value) {
    if (const u64 offset = address.value % page_bytes; offset + bytes <= page_bytes) {
        if (u8* const to = own_page(address.value / page_bytes))
            copy_small(to + offset, &value, bytes);
        return;
    }
    for (unsigned i = 0; i < bytes; ++i) {
        const u64 at = address.value + i;
        if (u8* bytes_of_page = own_page(at / page_bytes))
            bytes_of_page[at % page_bytes] = u8(value >> (8 * i));
    }
}

void Ram::copy_in(HostPhys address, std::span<const u8> bytes) {
    for (size_t done = 0; done < bytes.size();) {
        const u64 at = address.value + done;
        const size_t run = std::min<size_t>(page_bytes - at % page_bytes, bytes.size() - done);
        if (u8* to = own_page(at / page_bytes))
            std::memcpy(to + at % page_bytes, &bytes[done], run);
        done += run;
    }
}

void Ram::copy_out(HostPhys address, std::span<u8> bytes) const {
    for (size_t done = 0; done < bytes.size();) {
        const u64 at = address.value + done;
        const size_t run = std::min<size_t>(page_bytes - at % page_bytes, bytes.size() - done);
        if (const u8* from = page(at / page_bytes))
            std::memcpy(&bytes[done], from + at % page_bytes, run);
        else
            std::memset(&bytes[done], 0xff, run);
        done += run;
    }
}

bool Ram::operator==(const Ram& other) const {
    if (size_ != other.size_) return false;
    for (u64 frame = 0; frame < size_ / page_bytes; ++frame) {
        if (frame % pages_per_chunk == 0 &&
            chunks_[frame / pages_per_chunk] == other.chunks_[frame / pages_per_chunk]) {
            frame += pages_per_chunk - 1;
            continue;
        }
        const u8 *mine = page(frame), *theirs = other.page(frame);
        if (mine != theirs && std::memcmp(mine, theirs, page_bytes) != 0) return false;
    }
    return true;
}

u64 Ram::bytes_apart(const Ram& other) const {
    u64 bytes = 0;
    for (size_t n = 0; n < chunks_.size() && n < other.chunks_.size(); ++n) {
        const auto &mine = chunks_[n], &theirs = other.chunks_[n];
        if (!mine || mine == theirs) continue;
        bytes += sizeof(Chunk);
        for (u64 page = 0; page < pages_per_chunk; ++page)
            if ((*mine)[page] && (!theirs || (*mine)[page] != (*theirs)[page])) bytes += page_bytes;
    }
    return bytes;
}

}  // namespace ringside::mem
