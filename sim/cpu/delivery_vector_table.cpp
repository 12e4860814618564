// Handlers of 8086 programs: real mode, and virtual-8086 mode where INT n is redirected.
#include "sim/cpu/delivery_modes.hpp"
#include "sim/cpu/frame.hpp"
#include "sim/cpu/segmentation.hpp"

namespace ringside::cpu {

using isa::Vector;
namespace fl = isa::flags;

namespace {

constexpr u64 vector_bytes = 4;  // IP, CS

struct FarPointer {
    u16 offset, selector;
};

FarPointer read_vector(Exec& x, u64 table, u8 vector) {
    const u64 raw = x.read_linear({table + vector * vector_bytes}, vector_bytes, false);
    return {u16(raw), u16(raw >> 16)};
}

/// FLAGS, CS and IP go onto the stack; false after a fault.
bool push_frame(Exec& x, u64 flags, FarPointer handler, Frame& frame) {
    frame = Frame::current(x, 2, 0);
    if (!frame.room(x, 3)) return false;
    if (handler.offset > x.s.seg[decode::CS].limit) return x.fault(Vector::GP, 0), false;
    frame.push(x, flags);
    frame.push(x, x.s.seg[decode::CS].selector);
    frame.push(x, x.s.regs.rip);
    return !x.faulted();
}

/// Is INT n of virtual-8086 mode redirected to the 8086 program's own handler? The bitmap's 32
/// bytes stand below the I/O permission bitmap, 0 means yes. SDM 3B "Software Interrupt Redirection
/// Bit Map". False too after a fault.
bool redirected(Exec& x, u8 vector) {
    constexpr u32 map_base_at = 102, bitmap_bytes = 32;
    const Segment& tr = x.s.tr;
    if (!tr.usable() || tr.limit < map_base_at + 1) return x.fault(Vector::GP, 0), false;
    const u64 map = x.read_linear({tr.base + map_base_at}, 2, false);
    const u64 at = map - bitmap_bytes + vector / 8;
    if (map < bitmap_bytes || at > tr.limit) return x.fault(Vector::GP, 0), false;
    const u64 byte = x.read_linear({tr.base + at}, 1, false);
    return !x.faulted() && !has(byte, bit(vector % 8));
}

/// The program's handler, without leaving virtual-8086 mode.
void deliver_redirected(Exec& x, u8 vector) {
    const bool virtual_if = x.s.iopl() < 3;
    u64 image = x.flags();
    if (virtual_if) {
        image |= fl::IOPL;
        image = merge(image, has(x.flags(), fl::VIF) ? fl::IF : 0, fl::IF);
    }
    const FarPointer handler = read_vector(x, 0, vector);
    Frame frame;
    if (x.faulted() || !push_frame(x, image, handler, frame)) return;
    frame.load(x);
    x.s.seg[decode::CS] = Segment::v8086(handler.selector);
    x.s.regs.rip = handler.offset;
    x.set_flags(0, fl::TF | fl::RF | (virtual_if ? fl::VIF : fl::IF));
}

}  // namespace

void deliver_by_vector_table(Exec& x, const Delivery& event) {
    if (u64(event.vector) * vector_bytes + vector_bytes - 1 > x.s.idtr.limit)
        return x.fault(Vector::GP, u32(event.vector) * 8 | isa::selector_error::IDT);
    const FarPointer handler = read_vector(x, x.s.idtr.base, event.vector);
    Frame frame;
    if (x.faulted() || !push_frame(x, pushed_flags(x, event), handler, frame)) return;
    frame.load(x);
    x.s.seg[decode::CS].load_real_code(handler.selector);
    x.s.regs.rip = handler.offset;
    x.set_flags(0, fl::IF | fl::TF | fl::AC | fl::RF);
}

void deliver_in_v8086(Exec& x, const Delivery& event) {
    if (event.kind == Delivery::Software) {
        if (has(x.s.cr4, isa::cr4::VME)) {
            const bool own_handler = redirected(x, event.vector);
            if (x.faulted()) return;
            if (own_handler) return deliver_redirected(x, event.vector);
        }
        if (x.s.iopl() < 3) return x.fault(Vector::GP, 0);
    }
    deliver_through_gate(x, event);
}

}  // namespace ringside::cpu
