// bt.block.begin(eip), bt.insn(eip, tc, kind)…, bt.block.end(eip, tc, size).
#include "sim/session/translations.hpp"

namespace ringside::session {
namespace {

/// No translated block is longer; bounds the search for the one that covers an address.
constexpr u32 longest_block = 64 * 1024;

}  // namespace

void Translations::extend(std::span<const Recorded> recording) {
    for (; taken_ < recording.size(); ++taken_)
        if (recording[taken_].probe.starts_with("bt.")) take(taken_, recording[taken_]);
}

void Translations::take(u64 index, const Recorded& r) {
    const u32 eip = r.argument("eip").value_or(0);
    if (r.probe == "bt.block.begin") {
        open_ = Block{};
        open_.guest = eip;
    } else if (r.probe == "bt.insn") {
        open_.pieces.push_back(
            {r.argument("tc").value_or(0), eip, r.argument("kind").value_or(~0u)});
    } else if (r.probe == "bt.block.end") {
        open_.at = r.argument("tc").value_or(0);
        open_.size = r.argument("size").value_or(0);
        open_.from_event = index;
        by_address_.emplace(open_.at, blocks_.size());
        blocks_.push_back(std::move(open_));
        open_ = Block{};
    }
}

u32 Translations::Block::guest_of(u64 address) const {
    u32 found = 0;
    for (const Piece& piece : pieces)
        if (piece.at <= address) found = piece.guest;
    return found;
}

const Translations::Block* Translations::at(u64 address, u64 events) const {
    const Block* best = nullptr;
    auto it = by_address_.upper_bound(u32(address));
    while (it != by_address_.begin()) {
        --it;
        const Block& block = blocks_[it->second];
        if (address - block.at > longest_block) break;
        if (address - block.at >= block.size || block.from_event >= events) continue;
        if (!best || block.from_event > best->from_event) best = &block;
    }
    return best;
}

}  // namespace ringside::session
