#include "sim/cpu/threaded.hpp"

namespace ringside::cpu::threaded {

const BoundInsn* step(Exec& x, const BoundInsn* i) {
    x.begin(i);
    i->body(x, i->insn);
    if (x.attention()) [[unlikely]] {
        x.place.stopped_at = i;
        return nullptr;
    }
    return proceed(x, i + 1);
}

const BoundInsn* fall_through(Exec& x, const BoundInsn* i) {
    x.r->rip = (x.block_rip() + x.place.block->bytes) & x.place.rip_mask;
    return follow(x, x.place.block->links[0], i);
}

const BoundInsn* unknown(Exec& x, Link& link, const BoundInsn* branch) {
    const bool cut = branch->run == fall_through;  // the next fetch faults, if anything does
    if (!cut && !x.place.holds(x.r->rip)) return step(x, branch);
    x.place.missed = &link;
    return leave(x, branch);
}

const BoundInsn* leave(Exec& x, const BoundInsn*) {
    x.place.clock += x.place.block->cycles;
    x.place.counted += x.place.block->count;
    return nullptr;
}

}  // namespace ringside::cpu::threaded
