#include "sim/cpu/threaded.hpp"

namespace ringside::cpu::threaded {

const char* dispatch_name() { return tail_calls ? "tail calls" : "loop"; }

const BoundInsn* step(Exec& x, const BoundInsn* i) {
    x.begin(i);
    i->body(x, i->insn);
    if (x.attention.any() && !(x.attention.only_board() && x.goes_on_after_board())) [[unlikely]] {
        x.place.stopped_at = i;
        return nullptr;
    }
    return proceed(x, i + 1);
}

namespace {

/// Executes an instruction that ends its block and may have gone anywhere. False when the run loop
/// must see to something first.
bool end_block(Exec& x, const BoundInsn* i) {
    x.begin(i);
    i->body(x, i->insn);
    if (!x.attention.any()) return true;
    x.place.stopped_at = i;
    return false;
}

const BoundInsn* miss(Exec& x, Link& link, const BoundInsn* i) {
    x.place.missed = {&link, i->block, i->block->serial, x.r->rip};
    return leave(x, i);
}

}  // namespace

const BoundInsn* fall_through(Exec& x, const BoundInsn* i) {
    Link& link = i->block->links[0];
    if (holds(x, link)) [[likely]]
        return go(x, link, i);
    x.r->rip = x.rip_at(i->block->bytes);
    return miss(x, link, i);
}

const BoundInsn* branch_slowly(Exec& x, const BoundInsn* i) {
    if (!end_block(x, i)) return nullptr;
    const bool taken = x.r->rip != x.rip_at(i->next_offset);
    return miss(x, i->block->links[taken || i->insn.op == isa::Op::JMP], i);
}

const BoundInsn* jump_slowly(Exec& x, const BoundInsn* i) {
    if (!end_block(x, i)) return nullptr;
    return miss(x, x.code.last_jump_to((x.place.code_base + x.r->rip) & x.place.linear_mask), i);
}

const BoundInsn* too_late(Exec& x) {
    x.r->rip = x.rip_at(0);
    return nullptr;
}

const BoundInsn* leave(Exec& x, const BoundInsn*) {
    x.place.clock += x.place.block->cycles;
    x.place.counted += x.place.block->count;
    return nullptr;
}

}  // namespace ringside::cpu::threaded
