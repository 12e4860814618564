#include "sim/cpu/code_cache.hpp"

#include <algorithm>

namespace ringside::cpu {
namespace {

constexpr unsigned granule_shift = 6;

u64 granule_mask(u64 offset, u64 bytes) {
    const u64 first = offset >> granule_shift;
    const u64 last = std::min<u64>((offset + bytes - 1) >> granule_shift, 63);
    const u64 count = last - first + 1;
    return (count == 64 ? ~u64{0} : (u64{1} << count) - 1) << first;
}

}  // namespace

Block* CodeCache::insert(std::unique_ptr<Block> block, unsigned bits) {
    auto& page = pages_[block->start >> 12];
    if (page && page->bits != bits) invalidate(block->start & ~u64{0xfff}, 4096);
    if (!page) page = std::make_unique<Page>();
    page->bits = bits;
    page->granules |= granule_mask(block->start & 0xfff, block->bytes);
    ++page->count;
    auto& slot = page->starts[block->start & 0xfff];
    if (slot) dropped_.push_back(std::move(slot));
    slot = std::move(block);
    return slot.get();
}

bool CodeCache::invalidate(u64 physical, unsigned bytes) {
    const u64 frame = physical >> 12;
    if (!has_code(frame)) return false;
    Page& page = *pages_[frame];
    const u64 offset = physical & 0xfff;
    if (!(page.granules & granule_mask(offset, bytes))) return false;
    bool any = false;
    u64 granules = 0;
    u32 left = 0;
    for (auto& block : page.starts) {
        if (!block) continue;
        const u64 start = block->start & 0xfff;
        if (start < offset + bytes && offset < start + block->bytes) {
            dropped_.push_back(std::move(block));
            ++dropped_count_;
            any = true;
        } else {
            granules |= granule_mask(start, block->bytes);
            ++left;
        }
    }
    page.granules = granules;
    page.count = left;
    if (left == 0) pages_[frame].reset();
    return any;
}

void CodeCache::clear() {
    for (auto& page : pages_) {
        if (!page) continue;
        for (auto& block : page->starts)
            if (block) dropped_.push_back(std::move(block));
        page.reset();
    }
}

}  // namespace ringside::cpu
