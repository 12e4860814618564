#include "sim/cpu/frame.hpp"

#include "sim/cpu/segmentation.hpp"

namespace ringside::cpu {

using isa::Selector;
using isa::SystemType;
using isa::Vector;

namespace {

/// Where a TSS keeps the stack of a ring. SDM 3A "Task-State Segment (TSS)", "16-Bit Task-State
/// Segment (TSS)".
struct StackSlot {
    u32 pointer, selector;
    unsigned pointer_bytes;
};
StackSlot stack_slot(bool wide, u8 cpl) {
    if (wide) return {4u + 8u * cpl, 8u + 8u * cpl, 4};
    return {2u + 4u * cpl, 4u + 4u * cpl, 2};
}

}  // namespace

bool Frame::room(Exec& x, unsigned items) {
    const u64 bytes = u64(items) * size;
    if (sp >= bytes && sp - size < stack.write_room) [[likely]] {
        lowest = sp - bytes;
        host = x.host_of_write(stack.linear(lowest), bytes, cpl == 3);
        return true;
    }
    for (unsigned n = 1; n <= items; ++n) {
        const u64 at = (sp - u64(n) * size) & mask();
        if (!stack.may_write(at, size)) return x.fault(Vector::SS, fault_code), false;
    }
    return true;
}

void Frame::push_slowly(Exec& x, u64 value) const {
    store_through(x, stack, sp, size, value & width_mask(size), cpl, Vector::SS, fault_code);
}

void Frame::load(Exec& x) const {
    x.s.seg[decode::SS] = stack;
    x.set_stack_pointer(sp);
}

Frame Frame::current(const Exec& x, unsigned size, u32 fault_code) {
    Frame frame;
    frame.stack = x.s.seg[decode::SS];
    frame.sp = x.stack_pointer();
    frame.cpl = x.s.cpl;
    frame.size = size;
    frame.fault_code = fault_code;
    return frame;
}

bool Frame::inner(Exec& x, u8 cpl, unsigned size, u32 external, Frame& out) {
    const Segment& tr = x.s.tr;
    const bool wide = tr.type() == u8(SystemType::TssBusy);
    const StackSlot slot = stack_slot(wide, cpl);
    if (!tr.usable() || slot.selector + 1 > tr.limit)
        return x.fault(Vector::TS, Selector{tr.selector}.error() | external), false;
    out.sp = x.read_linear({tr.base + slot.pointer}, slot.pointer_bytes, false);
    const u16 ss = u16(x.read_linear({tr.base + slot.selector}, 2, false));
    if (x.faulted()) return false;
    out.cpl = cpl;
    out.size = size;
    out.fault_code = Selector{ss}.error() | external;
    if (!check_stack_segment(x, ss, cpl, Vector::TS, external, out.stack)) return false;
    out.sp &= out.mask();
    return true;
}

}  // namespace ringside::cpu
