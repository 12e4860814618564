#include "sim/cpu/code_cache.hpp"

#include <algorithm>
#include <span>

#include "sim/cpu/bind_block.hpp"

namespace ringside::cpu {
namespace {

constexpr u64 granule_bytes = 64;

/// Calls `each` for the index of each piece that holds some of the bytes.
template <class Each>
void for_granules(u64 offset, u64 bytes, Each each) {
    for (u64 n = offset / granule_bytes; n <= (offset + bytes - 1) / granule_bytes && n < 64; ++n)
        each(n);
}

u64 offset_of(const Block& block) { return block.start & 0xfff; }

bool overlaps(const Block& block, u64 offset, u64 bytes) {
    return offset_of(block) < offset + bytes && offset < offset_of(block) + block.bytes;
}

/// Has the block a part of every piece that holds some of the bytes?
bool in_all_granules(const Block& block, u64 offset, u64 bytes) {
    const u64 first = offset_of(block), last = first + block.bytes - 1;
    return first / granule_bytes <= offset / granule_bytes &&
           last / granule_bytes >= (offset + bytes - 1) / granule_bytes;
}

}  // namespace

void CodeCache::Page::add(Block* block) {
    for_granules(offset_of(*block), block->bytes, [this](u64 n) { ++crowd[n]; });
    blocks.push_back(block);
    place[offset_of(*block)] = u16(blocks.size());
}

void CodeCache::Page::remove(Block* block) {
    for_granules(offset_of(*block), block->bytes, [this](u64 n) { --crowd[n]; });
    u16& at = place[offset_of(*block)];
    Block* const last = blocks.back();
    place[offset_of(*last)] = at;
    blocks[at - 1u] = last;
    blocks.pop_back();
    at = 0;
    if (written == block) written = nullptr;
}

/// The number of blocks in the most crowded piece.
u16 CodeCache::Page::most_in(u64 offset, u64 bytes) const {
    u16 most = 0;
    for_granules(offset, bytes, [&](u64 n) { most = std::max(most, crowd[n]); });
    return most;
}

void CodeCache::drop(Block* block) {
    block->serial = 0;
    dropped_.push_back(block);
}

void CodeCache::free_dropped() {
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
    page->add(block);
    return block;
}

/// Decodes the overlapping instructions of the block anew. False where more than data in them has
/// changed.
bool CodeCache::keeps_up(Block& block, u64 offset, u64 bytes, const u8* page,
                         const BoundInsn* running) {
    const u64 start = offset_of(block);
    const auto end = block.insns.begin() + block.count;
    auto b = std::partition_point(block.insns.begin(), end, [&](const BoundInsn& before) {
        return start + before.next_offset <= offset;
    });
    for (; b != end && start + b->offset < offset + bytes; ++b) {
        const u64 at = start + b->offset;
        const std::span<const u8> now(page + at,
                                      std::min<u64>(4096 - at, decode::longest_instruction));
        if (&*b == running || !take_data(*b, memo.decode(now, block.bits))) return false;
    }
    return true;
}

bool CodeCache::rewritten(u64 physical, u64 bytes, const u8* now, const BoundInsn* running) {
    Page& page = *pages_[physical >> 12];
    const u64 offset = physical & 0xfff;
    const u16 most = page.most_in(offset, bytes);
    if (most == 0) return false;
    const bool alone = most == 1 && page.written && in_all_granules(*page.written, offset, bytes);
    if (alone && keeps_up(*page.written, offset, bytes, now, running)) return false;
    bool any = false;
    for (size_t n = page.blocks.size(); n-- > 0;) {
        Block* const block = page.blocks[n];
        if (!overlaps(*block, offset, bytes)) continue;
        if (keeps_up(*block, offset, bytes, now, running)) {
            page.written = block;
            continue;
        }
        page.remove(block);
        drop(block);
        any = true;
    }
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
