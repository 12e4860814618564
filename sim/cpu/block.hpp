// Decoded code: straight runs of instructions, each bound to what executes it.
#pragma once
#include <array>
#include <cstddef>
#include <vector>

#include "sim/decode/insn.hpp"

namespace ringside::cpu {

class Exec;
struct BoundInsn;

/// The written body of an instruction.
using Body = void (*)(Exec&, const decode::Insn&);
/// A body as a link of threaded code: executes the instruction and goes on with what follows it.
/// Returns where to go on, or null when the run loop has to look (threaded.hpp).
using Run = const BoundInsn* (*)(Exec&, const BoundInsn*);

/// What executes instructions of one shape. A body alone is enough.
struct Handler {
    Body body = nullptr;
    Run run = nullptr;           ///< a faster way than calling `body`
    Run run_carry = nullptr;     ///< the same, when of the status flags only CF will be read
    Run run_unread = nullptr;    ///< the same, when nobody reads the status flags that it sets
    const Run* fused = nullptr;  ///< together with the Jcc behind it, by condition; null entries

    constexpr Handler() = default;
    constexpr Handler(std::nullptr_t) {}
    constexpr Handler(Body b) : body(b) {}
    constexpr Handler(Body b, Run fast) : body(b), run(fast) {}
    constexpr explicit operator bool() const { return body != nullptr; }
};

struct Block;

struct BoundInsn {
    Run run = nullptr;
    Block* block = nullptr;  ///< that it is part of
    Body body = nullptr;     ///< the instruction, or its guard
    Body inner = nullptr;    ///< the instruction behind its guard
    decode::Insn insn;
    u32 cycles_before = 0;  ///< static cycles of the block's instructions before this one
    u16 cycles = 1;         ///< static cycles, from the timing model
    u16 offset = 0;         ///< bytes from the block's start
    u16 next_offset = 0;    ///< of the instruction behind it
    u16 index = 0;          ///< in the block
};

/// Where control goes from some place, so that it need not be looked up again. Right as long as the
/// context is the same and the block is still that one.
struct Link {
    u64 context = ~u64{0};  ///< CodeCache::context
    u64 serial = 0;         ///< of the block when the link was made
    Block* block = nullptr;
    const BoundInsn* first = nullptr;  ///< of the block
    u64 linear = ~u64{0};              ///< where the block begins: for jumps whose target varies
};

/// A straight run of instructions within one page, as it is met at one linear address.
struct Block {
    std::vector<BoundInsn> insns;  ///< `count` instructions, then one that leaves the block
    u32 count = 0;
    u64 start = 0;   ///< physical address
    u64 linear = 0;  ///< linear address
    u32 bytes = 0;
    u32 world = 0;              ///< whose code: an index given by the watcher
    i32 probe = -1;             ///< probe point at the first instruction
    u8 bits = 32;               ///< decoded for 16-, 32- or 64-bit code
    bool crosses_page = false;  ///< one instruction over a page border: not kept
    u32 cycles = 0;             ///< static cycles of all instructions
    u32 cycles_before_last = 0;
    u64 serial = 0;             ///< never used twice; 0 once dropped
    std::array<Link, 2> links;  ///< after the last instruction: not taken, taken

    const BoundInsn* first() const { return insns.data(); }
};

}  // namespace ringside::cpu
