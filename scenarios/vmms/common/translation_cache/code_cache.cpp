#include "scenarios/vmms/common/translation_cache/code_cache.hpp"

#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/translation_cache/cache_data.hpp"
#include "scenarios/vmms/common/translation_cache/emit.hpp"
#include "scenarios/vmms/common/translation_cache/vectors.hpp"

namespace ringside::vmm {

/// By a name that the probe point of the lookup routine can say (sequences.cpp).
extern "C" {
alignas(4096) u8 bt_cache[CodeCache::size];
}

namespace {

/// No translation of 13 instructions is longer, nor has more parts.
constexpr u32 longest_block = 2048, most_sites = 20, most_side_exits = 1;

void tell_chain(u32 from_offset, u32 to_offset) {
    const u32 from = CodeCache::linear(from_offset), to = CodeCache::linear(to_offset);
    PROBE("bt.chain", from, to);
}

}  // namespace

u8* CodeCache::memory() { return bt_cache; }
u32 CodeCache::linear(u32 offset) { return reinterpret_cast<u32>(bt_cache) + offset; }

void CodeCache::flush(u32 reserved, const Site& site) {
    for (u16& s : by_eip_) s = 0;
    capacity_ = next_capacity_;
    block_count_ = exit_count_ = source_count_ = 0;
    sites_[0] = site;
    site_count_ = 1;
    tail_ = reserved;
    newest_entered_ = true;
    ++epoch_;
    forget_indirect_targets();
}

void CodeCache::set_capacity(u32 bytes) {
    next_capacity_ = bytes < least_size ? least_size : bytes < size ? bytes : size;
}

bool CodeCache::has_room() const {
    const u32 head = capacity_ - (exit_count_ + most_side_exits) * int_length;
    return tail_ + longest_block <= head && block_count_ < max_blocks &&
           site_count_ + most_sites <= max_sites && exit_count_ + most_side_exits <= max_exits &&
           source_count_ + 2 <= max_sources;
}

u16& CodeCache::slot(u32 eip) {
    constexpr u32 slots = 2 * max_blocks;
    u32 i = (eip ^ eip >> 13) % slots;
    while (by_eip_[i] != 0 && blocks_[by_eip_[i] - 1].eip != eip) i = (i + 1) % slots;
    return by_eip_[i];
}

Block* CodeCache::find(u32 eip) {
    const u16 number = slot(eip);
    return number != 0 && blocks_[number - 1].valid ? &blocks_[number - 1] : nullptr;
}

Block& CodeCache::block_at(u32 offset) {
    u32 low = 0, high = block_count_;  // blocks_[low].begin <= offset < blocks_[high].begin
    while (high - low > 1) {
        const u32 middle = (low + high) / 2;
        (blocks_[middle].begin <= offset ? low : high) = middle;
    }
    return blocks_[low];
}

Site CodeCache::site_at(u32 offset) const {
    if (is_side_exit(offset)) {
        const Exit exit = exit_at(offset);
        Site site;
        site.eip = exit.target;
        site.begin = exit.at;
        return site;
    }
    u32 low = 0, high = site_count_;  // site_begins_[low] <= offset < site_begins_[high]
    while (high - low > 1) {
        const u32 middle = (low + high) / 2;
        (site_begins_[middle] <= offset ? low : high) = middle;
    }
    return sites_[low];
}

u32 CodeCache::offset_of(const Block& block, u32 eip) const {
    u32 at = block.begin;
    for (Site site = site_at(at); site.eip != eip && at < block.end; site = site_at(at))
        at = site.begin + site.length;
    return at;
}

Site CodeCache::site_of_callout(u32 offset) const {
    const u8* const number = memory() + offset + int_length;
    return sites_[number[0] | number[1] << 8];
}

bool CodeCache::is_side_exit(u32 offset) const {
    return offset >= capacity_ - exit_count_ * int_length;
}

Exit CodeCache::exit_at(u32 offset) const {
    const u32 side = (capacity_ - offset) / int_length - 1;
    const bool once =
        !newest_entered_ && (is_side_exit(offset) ? side >= exits_before_newest_
                                                  : offset >= blocks_[block_count_ - 1].begin);
    if (!is_side_exit(offset)) return {site_at(offset).eip, offset, 0, once};
    Exit exit = side_exits_[side];
    exit.once = once;
    return exit;
}

/// The continuation at the very end may be overwritten, but a jump must still fit into what is left
/// of its block: enter_block() needs the room when that is stale.
bool CodeCache::gives_way(const Exit& exit) const {
    const bool last = exit.displacement == 0 && exit.at + jump_length == tail_;
    return last && exit.at - blocks_[block_count_ - 1].begin >= jump_length;
}

Block& CodeCache::begin_block(u32 eip, const Exit* from) {
    if (!newest_entered_) {
        const Block& dropped = blocks_[--block_count_];
        tail_ = dropped.begin;
        site_count_ = sites_before_newest_;
        exit_count_ = exits_before_newest_;
    } else if (from && gives_way(*from)) {
        tail_ = from->at;
        --site_count_;
        tell_chain(tail_, tail_);  // a jump to the next byte: no jump at all
    }
    newest_entered_ = false;
    sites_before_newest_ = site_count_;
    exits_before_newest_ = exit_count_;
    Block& block = blocks_[block_count_++];
    block = {};
    block.eip = eip;
    block.begin = block.end = tail_;
    block.next_version = number(block);
    return block;
}

Site& CodeCache::add_site(u32 eip) {
    Site& site = sites_[site_count_];
    site = {};
    site.number = u16(site_count_++);
    site.eip = eip;
    site.begin = site_begins_[site_count_ - 1] = tail_;
    return site;
}

void CodeCache::end_site(u32 at) {
    Site& site = sites_[site_count_ - 1];
    site.length = u8(at - site.begin);
    tail_ = at;
}

void CodeCache::pad_to(u32 least) {
    constexpr u8 int3 = 0xcc;  // never reached: what is shorter than a jump ends in a call-out
    Emitter emit(memory(), tail_);
    while (emit.at() < least) emit.byte(int3);
    tail_ = emit.at();
}

u32 CodeCache::add_side_exit(u32 target, u32 displacement) {
    const u32 at = capacity_ - (exit_count_ + 1) * int_length;
    side_exits_[exit_count_++] = {target, at, displacement, false};
    Emitter(memory(), at).interrupt(continuation_vector);
    return at;
}

template <class Visit>
void CodeCache::each_part(const Block& block, Visit visit) const {
    const u32 first = block.eip % 4096, end = first + block.length;
    visit(block.source[0], first, end < 4096 ? end : 4096);
    if (end > 4096) visit(block.source[1], 0u, end - 4096);
}

void CodeCache::enter_block(Block& block) {
    newest_entered_ = true;
    each_part(block, [&](u16 source, u32 first, u32 end) {
        for (u32 i = first; i < end; ++i) covered_[source][i / 8] |= u8(1u << i % 8);
    });
    u16& known = slot(block.eip);
    if (known != 0 && blocks_[known - 1].valid) {
        Block& other = blocks_[known - 1];
        block.next_version = other.next_version;
        other.next_version = number(block);
        return switch_version(other, block);
    }
    block.valid = true;
    // The stale block of this address forwards to the new one, for the sake of chains that lead to
    // it.
    if (known != 0) Emitter(memory(), blocks_[known - 1].begin).jump(block.begin);
    known = u16(number(block) + 1);
}

Block* CodeCache::version(Block& block, u16 simulated) {
    Block* one = &block;
    do {
        if ((one->valid || one->forwards) && one->simulated == simulated) return one;
        one = &blocks_[one->next_version];
    } while (one != &block);
    return nullptr;
}

void CodeCache::switch_version(Block& from, Block& to) {
    if (to.forwards) memcpy(memory() + to.begin, to.head, jump_length);
    to.forwards = false;
    to.valid = true;
    memcpy(from.head, memory() + from.begin, jump_length);
    Emitter(memory(), from.begin).jump(to.begin);
    from.forwards = true;
    from.valid = false;
    ++epoch_;  // no way back into the middle of it: that may lie under the jump
    slot(to.eip) = u16(number(to) + 1);
    forget_indirect_target(to.eip);
    const u32 eip = to.eip, tc = linear(to.begin), simulated = to.simulated;
    PROBE("bt.retranslate", eip, tc, simulated);
}

void CodeCache::chain(const Exit& exit, const Block& block) {
    Emitter emit(memory(), exit.displacement ? exit.displacement : exit.at);
    if (exit.displacement)
        emit.relative(block.begin);
    else
        emit.jump(block.begin);
    tell_chain(exit.at, block.begin);
}

u16 CodeCache::source_number(SourcePage page) {
    for (u32 i = 0; i < source_count_; ++i)
        if (sources_[i].linear == page.linear && sources_[i].physical == page.physical) {
            if (sources_[i].stale) memset(covered_[i], 0, sizeof covered_[i]);
            sources_[i].stale = false;
            return u16(i);
        }
    memset(covered_[source_count_], 0, sizeof covered_[0]);
    sources_[source_count_] = page;
    return u16(source_count_++);
}

void CodeCache::invalidate(Block& block) {
    if (!block.valid) return;
    block.valid = false;
    ++epoch_;
    forget_indirect_target(block.eip);
    for (Block* one = &blocks_[block.next_version]; one != &block;
         one = &blocks_[one->next_version])
        one->forwards = false;  // its jump leads here, for good
    Emitter(memory(), block.begin).interrupt(stale_vector);
    const u32 eip = block.eip;
    PROBE("bt.invalidate", eip);
}

void CodeCache::invalidate_source(u32 number) {
    sources_[number].stale = true;
    for (u32 i = 0; i < block_count_; ++i)
        if (blocks_[i].source[0] == number || blocks_[i].source[1] == number)
            invalidate(blocks_[i]);
}

void CodeCache::invalidate_bytes(u32 begin, u32 end) {
    const u32 page = begin & ~0xfffu, from = begin - page, to = end - page;
    for (u32 n = 0; n < source_count_; ++n) {
        if (sources_[n].stale || sources_[n].physical != page) continue;
        bool covered = false;
        for (u32 i = from; i < to && !covered; ++i) covered = covered_[n][i / 8] >> i % 8 & 1;
        for (u32 b = 0; covered && b < block_count_; ++b)
            each_part(blocks_[b], [&](u16 source, u32 first, u32 last) {
                if (source == n && first < to && from < last) invalidate(blocks_[b]);
            });
    }
}

void CodeCache::invalidate_page(u32 guest_physical) {
    for (u32 i = 0; i < source_count_; ++i)
        if (!sources_[i].stale && sources_[i].physical == (guest_physical & ~0xfffu))
            invalidate_source(i);
}

}  // namespace ringside::vmm
