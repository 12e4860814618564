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

void CodeCache::Page::remove(Block* block) {
    u16& at = place[block->start & 0xfff];
    Block* const last = blocks.back();
    place[last->start & 0xfff] = at;
    blocks[at - 1u] = last;
    blocks.pop_back();
    at = 0;
}

void CodeCache::drop(Block* block) {
    block->serial = 0;
    dropped_.push_back(block);
}

void CodeCache::release_dropped() {
    if (dropped_.empty()) return;
    free_.insert(free_.end(), dropped_.begin(), dropped_.end());
    dropped_.clear();
}

Block* CodeCache::fresh() {
    if (free_.empty()) return &blocks_.emplace_back();
    Block* const block = free_.back();
    free_.pop_back();
    std::vector<BoundInsn> insns = std::move(block->insns);  // what it has room for
    insns.clear();
    *block = {};
    block->insns = std::move(insns);
    return block;
}

Block* CodeCache::insert(Block* block) {
    block->serial = ++serial_;
    auto& page = pages_[block->start >> 12];
    if (!page) page = std::make_unique<Page>();
    const u64 offset = block->start & 0xfff;
    if (Block* old = page->starting_at(offset)) {
        page->remove(old);
        drop(old);
    }
    page->granules |= granule_mask(offset, block->bytes);
    page->blocks.push_back(block);
    page->place[offset] = u16(page->blocks.size());
    return block;
}

bool CodeCache::invalidate(u64 physical, u64 bytes) {
    const u64 frame = physical >> 12;
    if (!has_code(frame)) return false;
    Page& page = *pages_[frame];
    const u64 offset = physical & 0xfff;
    if (!(page.granules & granule_mask(offset, bytes))) return false;
    bool any = false;
    u64 granules = 0;
    for (size_t n = page.blocks.size(); n-- > 0;) {
        Block* const block = page.blocks[n];
        const u64 start = block->start & 0xfff;
        if (start < offset + bytes && offset < start + block->bytes) {
            page.remove(block);
            drop(block);
            any = true;
        } else {
            granules |= granule_mask(start, block->bytes);
        }
    }
    page.granules = granules;
    return any;
}

void CodeCache::clear() {
    for (auto& page : pages_) {
        if (!page) continue;
        for (Block* block : page->blocks) drop(block);
        page.reset();
    }
}

u64 CodeCache::find_context(const FetchContext& of) {
    const auto found = std::find(contexts_.begin(), contexts_.end(), of);
    const auto index = u64(found - contexts_.begin());
    if (found == contexts_.end()) {
        if (contexts_.size() == contexts_a_generation) {
            forget_translations();
            return find_context(of);
        }
        contexts_.push_back(of);
    }
    const u64 number = generation_ * contexts_a_generation + index;
    known_[of.user] = {generation_, number, of};
    return number;
}

}  // namespace ringside::cpu
