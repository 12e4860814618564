// Dispatch: how one instruction's code goes on to the next one's.
//
// A block is an array of BoundInsn; each `run` executes its instruction and continues with the next
// one's `run` as its last act. Where the compiler makes that a jump (a tail call), the host's code
// threads through the guest's program without ever returning; elsewhere each `run` returns where to
// go on and the loop in `run_threaded` calls it: the same handlers either way.
//
// There are two kinds of `run`. `step` takes any body, with everything that may go wrong. `fast`
// has its memory operands looked up beforehand and falls back on `step` when that fails, so its
// body, compiled into it, has no slow cases left. A block's last instruction goes to the next block
// by a Link, so that the run loop is asked only when something is due or unknown.
#pragma once
#include "sim/cpu/operands.hpp"

namespace ringside::cpu::threaded {

using decode::Insn;

/// Whether a call at the end of a function is made a jump: when g++ (from -O2 on) or clang
/// optimises and no sanitizer watches the stack. The build asks for the loop in debug and sanitizer
/// builds, by -DRINGSIDE_LOOP_DISPATCH=1.
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !RINGSIDE_LOOP_DISPATCH
inline constexpr bool tail_calls = true;
#else
inline constexpr bool tail_calls = false;
#endif

/// Goes on with `i`. To be called as `return proceed(x, i)` only.
[[gnu::always_inline]] inline const BoundInsn* proceed(Exec& x, const BoundInsn* i) {
    if constexpr (tail_calls) {
        asm("" : "+r"(i));  // or else g++ computes the address twice
        return i->run(x, i);
    }
    return i;
}

/// Any instruction, with everything that may happen on the way.
const BoundInsn* step(Exec& x, const BoundInsn* i);
/// Behind the last instruction of a block that was cut: goes on with the bytes after it.
const BoundInsn* fall_through(Exec& x, const BoundInsn* i);
/// Behind an instruction that may have gone anywhere: asks the run loop.
const BoundInsn* leave(Exec& x, const BoundInsn* i);

/// A relative branch that no link can take: done with everything that may happen on the way; the
/// run loop may then fill the link.
const BoundInsn* branch_slowly(Exec& x, const BoundInsn* i);
/// The same for a branch whose target varies.
const BoundInsn* jump_slowly(Exec& x, const BoundInsn* i);
/// The next block's time has not come: asks the run loop.
const BoundInsn* too_late(Exec& x);

/// "tail calls" or "loop": what this core was built with.
const char* dispatch_name();

/// Runs from `i`, an instruction of x.place.block, until the run loop has to look: x.place tells
/// why.
inline void run_threaded(Exec& x, const BoundInsn* i) {
    while (i) i = i->run(x, i);
}

/// Does the link lead to a block that is still there, in the context that runs?
[[gnu::always_inline]] inline bool holds(const Exec& x, const Link& link) {
    return link.context == x.place.context && link.serial == link.block->serial;
}

/// From the block of `i`, which is over, to where a link that holds leads, if time allows it. To be
/// called as `return go(x, link, i)` only.
[[gnu::always_inline]] inline const BoundInsn* go(Exec& x, const Link& link, const BoundInsn* i) {
    Exec::Place& at = x.place;
    const Cycle clock = at.clock + i->block->cycles;
    at.clock = clock;
    at.counted += i->block->count;
    at.block = link.block;
    if (clock + link.block->cycles_before_last >= at.deadline) [[unlikely]]
        return too_late(x);
    return proceed(x, link.first);
}

/// From the branch `i`: taken, or not.
template <bool taken>
[[gnu::always_inline]] inline const BoundInsn* take(Exec& x, const BoundInsn* i) {
    const Link& link = i->block->links[taken];
    if (!holds(x, link)) [[unlikely]]
        return branch_slowly(x, i);
    return go(x, link, i);
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

/// What is often done by `attempt`; where that says false, it has done nothing.
template <bool (*attempt)(Exec&, const Insn&)>
const BoundInsn* attempted(Exec& x, const BoundInsn* i) {
    if (!attempt(x, i->insn)) [[unlikely]]
        return step(x, i);
    return proceed(x, i + 1);
}

/// JMP, or Jcc by the condition that `taken(x)` tells.
template <class Condition>
[[gnu::flatten]] const BoundInsn* fast_branch(Exec& x, const BoundInsn* i) {
    if (Condition{}(x)) return take<true>(x, i);
    return take<false>(x, i);
}

/// A call of a fixed target.
template <class F>
[[gnu::flatten]] const BoundInsn* fast_call(Exec& x, const BoundInsn* i) {
    const Link& link = i->block->links[1];
    if (!holds(x, link) || !look_up<F>(x, i->insn)) [[unlikely]]
        return branch_slowly(x, i);
    x.push<F>(x.rip_at(i->next_offset));
    return go(x, link, i);
}

/// A jump, call or return to where `target(x, insn)` says.
template <class F, Body body, u64 (*target)(Exec&, const Insn&)>
[[gnu::flatten]] const BoundInsn* fast_jump(Exec& x, const BoundInsn* i) {
    if (!look_up<F>(x, i->insn)) [[unlikely]]
        return jump_slowly(x, i);
    const u64 linear = (x.place.code_base + target(x, i->insn)) & x.place.linear_mask;
    const Link& link = x.code.last_jump_to(linear);
    if (link.linear != linear || !holds(x, link)) [[unlikely]]
        return jump_slowly(x, i);
    x.r->rip = x.rip_at(i->next_offset);
    body(x, i->insn);
    return go(x, link, i);
}

/// An instruction together with the conditional branch behind it: the condition is known from the
/// operands at hand. One `fused` for each condition; the branch keeps its own place in the block.
template <class F, Body body, u8 code>
[[gnu::flatten]] const BoundInsn* fused(Exec& x, const BoundInsn* i) {
    if (!look_up<F>(x, i->insn)) [[unlikely]]
        return step(x, i);
    body(x, i->insn);
    if (x.holds(code)) return take<true>(x, i + 1);
    return take<false>(x, i + 1);
}

}  // namespace ringside::cpu::threaded
