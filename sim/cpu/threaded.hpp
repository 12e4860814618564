// Dispatch: how one instruction's code goes on to the next one's.
//
// A block is an array of BoundInsn; each `run` executes its instruction and continues with the next
// one's `run` as its last act. Where the compiler makes that a jump (a tail call), the host's code
// threads through the guest's program without ever returning; elsewhere each `run` returns where to
// go on and the loop in `run_threaded` calls it: the same handlers either way.
//
// There are two kinds of `run`. `step` takes any body, with everything that may go wrong. `fast`
// has its memory operands looked up beforehand and falls back on `step` when that fails, so its
// body, compiled into it, has no slow cases left. A block's last instruction continues with the
// next block by a Link, so that the run loop is asked only when something is due or unknown.
#pragma once
#include "sim/cpu/operands.hpp"

namespace ringside::cpu::threaded {

using decode::Insn;

/// Whether a call at the end of a function is made a jump: when g++ or clang optimises and no
/// sanitizer watches the stack. -DRINGSIDE_LOOP_DISPATCH=1 takes the loop all the same.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !RINGSIDE_LOOP_DISPATCH
inline constexpr bool tail_calls = true;
#else
inline constexpr bool tail_calls = false;
#endif

/// Goes on with `i`. To be called as `return proceed(x, i)` only.
[[gnu::always_inline]] inline const BoundInsn* proceed(Exec& x, const BoundInsn* i) {
    if constexpr (tail_calls) return i->run(x, i);
    return i;
}

/// Any instruction, with everything that may happen on the way.
const BoundInsn* step(Exec& x, const BoundInsn* i);
/// Behind the last instruction of a block that was cut: goes on with the bytes after it.
const BoundInsn* fall_through(Exec& x, const BoundInsn* i);
/// Behind an instruction that may have gone anywhere: asks the run loop.
const BoundInsn* leave(Exec& x, const BoundInsn* i);

/// A link that does not know the target: asks the run loop, or lets the branch fault.
const BoundInsn* unknown(Exec& x, Link& link, const BoundInsn* branch);

/// Runs from `i`, an instruction of x.place.block, until the run loop has to look: x.place tells
/// why.
inline void run_threaded(Exec& x, const BoundInsn* i) {
    while (i) i = i->run(x, i);
}

/// The block is over and r->rip says where to go on: there, if the link knows the block and time
/// allows it. `branch` is what brought it to an end; where the target is unknown and lies outside
/// the code segment, the branch is done again in the way that faults, so it must not have changed
/// anything else. To be called as `return follow(x, link, branch)` only.
[[gnu::always_inline]] inline const BoundInsn* follow(Exec& x, Link& link,
                                                      const BoundInsn* branch) {
    Exec::Place& at = x.place;
    const u64 linear = (at.code_base + x.r->rip) & at.linear_mask;
    if (link.linear != linear || link.context != at.context || link.serial != link.block->serial)
        [[unlikely]]
        return unknown(x, link, branch);
    at.clock += at.block->cycles;
    at.counted += at.block->count;
    at.block = link.block;
    x.r->gpr[decode::block_start] = x.r->rip;
    if (at.clock + at.block->cycles_before_last >= at.deadline) [[unlikely]]
        return nullptr;
    return proceed(x, at.block->first());
}

/// Looks up what a fast shape touches. False: take the slow way.
template <class F>
[[gnu::always_inline]] inline bool look_up(Exec& x, const Insn& i) {
    static_assert(F::fast);
    if constexpr (has_memory(F::form) && F::path.memory != Memory::AddressOnly) {
        const bool known = F::path.memory == Memory::Write
                               ? x.host_for_write<F::width>(i.segment, x.address(i), x.operand)
                               : x.host_for_read<F::width>(i.segment, x.address(i), x.operand);
        if (!known) [[unlikely]]
            return false;
    }
    if constexpr (F::path.stack == Stack::Push) {
        const u64 top = (x.stack_pointer() - F::width) & width_mask(x.stack_size());
        return x.host_for_write<F::width>(decode::SS, top, x.stack_slot);
    } else if constexpr (F::path.stack == Stack::Pop) {
        return x.host_for_read<F::width>(decode::SS, x.stack_pointer(), x.stack_slot);
    } else if constexpr (F::path.stack == Stack::Frame) {
        const u64 frame = x.r->gpr[BP] & width_mask(x.stack_size());
        return x.host_for_read<F::width>(decode::SS, frame, x.stack_slot);
    }
    return true;
}

/// An instruction that goes on with the next one.
template <class F, Body body>
[[gnu::flatten]] const BoundInsn* fast(Exec& x, const BoundInsn* i) {
    if (!look_up<F>(x, i->insn)) [[unlikely]]
        return step(x, i);
    body(x, i->insn);
    return proceed(x, i + 1);
}

/// A relative branch, conditional or not, or a call. The block ends with it.
template <class F, Body body>
[[gnu::flatten]] const BoundInsn* fast_branch(Exec& x, const BoundInsn* i) {
    const u64 next = (x.block_rip() + i->next_offset) & x.place.rip_mask;
    if constexpr (F::path.stack != Stack::None) {
        const u64 target = (next + u64(i->insn.immediate)) & x.place.rip_mask;
        if (!x.place.holds(target) || !look_up<F>(x, i->insn)) [[unlikely]]
            return step(x, i);
    }
    x.r->rip = next;
    body(x, i->insn);
    return follow(x, x.place.block->links[x.r->rip != next], i);
}

/// A jump, call or return to where `target(x, insn)` says.
template <class F, Body body, u64 (*target)(Exec&, const Insn&)>
[[gnu::flatten]] const BoundInsn* fast_jump(Exec& x, const BoundInsn* i) {
    if (!look_up<F>(x, i->insn)) [[unlikely]]
        return step(x, i);
    if (!x.place.holds(target(x, i->insn))) [[unlikely]]
        return step(x, i);
    x.r->rip = (x.block_rip() + i->next_offset) & x.place.rip_mask;
    body(x, i->insn);
    return follow(x, x.code.last_jump_to((x.place.code_base + x.r->rip) & x.place.linear_mask), i);
}

/// An instruction together with the conditional branch behind it: the condition is known from the
/// operands at hand. One `fused` for each condition; the branch keeps its own place in the block.
template <class F, Body body, u8 code>
[[gnu::flatten]] const BoundInsn* fused(Exec& x, const BoundInsn* i) {
    const BoundInsn* const branch = i + 1;
    if (!look_up<F>(x, i->insn)) [[unlikely]]
        return step(x, i);
    body(x, i->insn);
    const bool taken = x.holds(code);
    const u64 next = x.block_rip() + branch->next_offset;
    x.r->rip = (taken ? next + u64(branch->insn.immediate) : next) & x.place.rip_mask;
    return follow(x, x.place.block->links[taken], branch);
}

}  // namespace ringside::cpu::threaded
