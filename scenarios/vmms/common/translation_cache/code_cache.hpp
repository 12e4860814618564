// The translation cache: blocks, the way from a guest address to its translation and back,
// chaining, invalidation.
//
//   offset 0                                                                      capacity
//   | lookup routine | block | block | block ...  tail ->      <- head | side | exits |
//
// Blocks lie in the order in which the guest first ran them. Every block ends in a *continuation*:
// an INT that asks the VMM for the next block. When that exists, a jump to it takes the INT's place
// (a chain), or the next block itself does, if it can be put right there. The continuation of a
// taken conditional jump is a side exit, out of the way of straight-line code; its chain is the
// conditional jump itself.
#pragma once
#include "scenarios/vmms/common/decode.hpp"

namespace ringside::vmm {

/// How an instruction was translated. The numbers are those of the probe point bt.insn.
enum class Kind : u8 { Ident, Rewritten, Callout, InCache, Control };

inline constexpr u32 int_length = 2;
inline constexpr u32 jump_length = 5;

/// The translation of one guest instruction: the way back from the cache to the guest's state.
/// Offsets count from `begin`. This makes faults and interrupts precise: wherever the CPU stops in
/// here, the guest stands either before the instruction (at `eip`) or after it (at `next`).
struct Site {
    static constexpr u8 never = 0xff;

    u32 eip = 0;
    u32 next = 0;   ///< after the instruction; an indirect branch goes to cache_data.target
    u32 begin = 0;  ///< offset in the cache
    u16 number = 0;
    u8 length = 0;
    Kind kind = Kind::Ident;
    u8 commit = never;      ///< from here on the instruction has happened
    u8 spill_from = never;  ///< from here to spill_to the guest's ECX (and EAX) are in cache_data
    u8 spill_to = never;
    bool spills_eax = false;
    u8 pushed_from = never;  ///< from here to `commit` a word is on the stack that must go again
    bool indirect = false;
    bool changes_if = false;  ///< POPF: once it happened, the virtual IF is cache_data.popped_if
    bool shadowed = false;    ///< no interrupt before it: it follows STI or a load of SS
    Insn insn{};              ///< call-outs come predecoded
};

/// One translation of a run of guest instructions. The same run may have several, its *versions*:
/// which of its stores are simulated differs (adaptation.hpp). One version is in force; the others
/// begin with a jump that leads to it.
struct Block {
    u32 eip = 0;
    u32 length = 0;  ///< of the guest's instructions, in bytes
    u32 begin = 0, end = 0;
    u16 source[2] = {};     ///< indices of the pages that it was made from
    bool valid = false;     ///< in force
    bool forwards = false;  ///< another version is, and `head` is what the jump to it lies over
    u8 head[jump_length] = {};
    u16 simulated = 0;     ///< bit n: instruction n is simulated
    u16 next_version = 0;  ///< block number; a ring
};

/// A page of guest code: where it was in the linear space, and in guest-physical memory.
struct SourcePage {
    u32 linear = 0;
    u32 physical = 0;
    bool stale = false;  ///< nothing valid was made from it
};

/// A continuation, and where the jump must go when the block that it asks for is there.
struct Exit {
    u32 target = 0;  ///< guest address
    u32 at = 0;      ///< of the INT
    u32 displacement =
        0;              ///< of the conditional jump that leads here; 0: the INT itself is replaced
    bool once = false;  ///< of a block that is not entered: there is nothing to chain
};

class CodeCache {
  public:
    static constexpr u32 size = 0x20000, least_size = 0x1000;
    static constexpr u32 max_blocks = 4096, max_sites = 12288, max_exits = 4096, max_sources = 64;

    static u8* memory();
    /// The VMM's linear address of an offset.
    static u32 linear(u32 offset);
    /// Uses `bytes` of it from the next flush on; least_size or `size` if that is out of range.
    void set_capacity(u32 bytes);
    /// Empties it, but for the first `reserved` bytes, which belong to the routine that `site`
    /// describes.
    void flush(u32 reserved, const Site& site);
    /// Is there room for one more block, however long?
    bool has_room() const;
    /// Counts flushes, invalidations and switches: what was found before the last of them may be
    /// gone.
    u32 epoch() const { return epoch_; }

    Block* find(u32 eip);
    /// The block that the cache has at this offset.
    Block& block_at(u32 offset);
    Site site_at(u32 offset) const;
    /// The same, where a call-out was met: its number lies behind the INT.
    Site site_of_callout(u32 offset) const;
    /// Where `block` has the translation of its instruction at `eip`.
    u32 offset_of(const Block& block, u32 eip) const;
    /// The continuation at this offset.
    Exit exit_at(u32 offset) const;

    /// Begins a block; if `from` is the last thing in the cache, the block takes its place.
    Block& begin_block(u32 eip, const Exit* from);
    Site& add_site(u32 eip);
    /// Ends the newest site and moves the tail there.
    void end_site(u32 at);
    /// Moves the tail to `least` if it is before.
    void pad_to(u32 least);
    /// Reserves a side exit: its offset.
    u32 add_side_exit(u32 target, u32 displacement);
    /// The block is complete: find() knows it. One that is not entered is dropped when the next
    /// begins. If there is a valid block for the same address, this is a new version of it.
    void enter_block(Block& block);
    /// The version of a valid block in which just these instructions are simulated; null if there
    /// is none.
    Block* version(Block& block, u16 simulated);
    /// Puts the version `to` in force in place of `from`: a jump from there to here, in constant
    /// time, whatever leads to `from`.
    void switch_version(Block& from, Block& to);
    u32 tail() const { return tail_; }

    /// Leads a continuation to `block`.
    void chain(const Exit& exit, const Block& block);

    /// The number of this source page, noted if it is new.
    u16 source_number(SourcePage page);
    u32 source_count() const { return source_count_; }
    const SourcePage& source(u32 number) const { return sources_[number]; }
    /// Every block made from this guest-physical page becomes stale: its first bytes ask the VMM.
    void invalidate_page(u32 guest_physical);
    /// The same for the blocks that these bytes, of one page, belong to.
    void invalidate_bytes(u32 begin, u32 end);
    /// The same for a page that is no longer what lies at its linear address.
    void invalidate_source(u32 number);

  private:
    bool is_side_exit(u32 offset) const;
    bool gives_way(const Exit& exit) const;
    void invalidate(Block& block);
    u16& slot(u32 eip);
    u16 number(const Block& block) const { return u16(&block - blocks_); }
    /// Calls visit(source, first, end) for the parts of a block's code in one page each.
    template <class Visit>
    void each_part(const Block& block, Visit visit) const;

    Block blocks_[max_blocks];
    Site sites_[max_sites];            ///< by ascending `begin`
    u32 site_begins_[max_sites] = {};  ///< the same `begin`, close together: it is searched often
    Exit side_exits_[max_exits];       ///< number i is at capacity_ - (i + 1) * int_length
    SourcePage sources_[max_sources];
    u8 covered_[max_sources][4096 / 8] = {};  ///< bit by byte: has it ever been translated?
    u16 by_eip_[2 * max_blocks] = {};         ///< block number + 1; open addressing
    u32 block_count_ = 0, site_count_ = 0, exit_count_ = 0, source_count_ = 0, epoch_ = 0;
    u32 tail_ = 0;
    u32 capacity_ = size, next_capacity_ = size;

    bool newest_entered_ = true;
    u32 exits_before_newest_ = 0, sites_before_newest_ = 0;
};

}  // namespace ringside::vmm
