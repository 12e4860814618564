#include "sim/cpu/return_target.hpp"

#include "sim/cpu/segmentation.hpp"

namespace ringside::cpu {

using isa::Selector;
using isa::Vector;

bool find_return_code(Exec& x, Selector selector, ReturnTarget& target) {
    if (selector.null()) return x.fault(Vector::GP, 0), false;
    isa::Descriptor& d = target.code;
    if (!read_descriptor(x, selector, d)) return false;
    const u8 rpl = selector.rpl();
    const bool allowed =
        d.code() && rpl >= x.s.cpl && (d.conforming() ? d.dpl() <= rpl : d.dpl() == rpl);
    if (!allowed) return x.fault(Vector::GP, selector.error()), false;
    if (!d.present()) return x.fault(Vector::NP, selector.error()), false;
    target.selector = selector;
    target.outer = rpl > x.s.cpl;
    target.stack = x.s.seg[decode::SS];
    return true;
}

bool find_outer_stack(Exec& x, u16 selector, ReturnTarget& target) {
    return check_stack_segment(x, selector, target.selector.rpl(), Vector::GP, 0, target.stack);
}

bool accept_return(Exec& x, u64 ip, const ReturnTarget& target) {
    if (ip > target.code.limit()) return x.fault(Vector::GP, 0), false;
    isa::Descriptor code = target.code;
    mark_accessed(x, target.selector, code);
    return !x.faulted();
}

void load_return(Exec& x, u64 ip, u64 sp, const ReturnTarget& target) {
    isa::Descriptor code = target.code;
    code.raw |= bit(40);  // accessed, as it now is in the table
    x.s.seg[decode::CS] = x.segments.of(target.selector.value, code);
    x.s.regs.rip = ip;
    x.set_cpl(target.selector.rpl());
    x.s.seg[decode::SS] = target.stack;
    x.set_stack_pointer(sp);
    if (target.outer) drop_privileged_segments(x);
    x.end_block();
}

}  // namespace ringside::cpu
