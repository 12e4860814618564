// IRET in every mode. SDM 2A "IRET/IRETD/IRETQ".
#include "sim/cpu/delivery.hpp"
#include "sim/cpu/long_mode.hpp"
#include "sim/cpu/return_target.hpp"
#include "sim/cpu/ring_change.hpp"
#include "sim/cpu/segmentation.hpp"
#include "sim/cpu/task_switch.hpp"
#include "sim/cpu/vmx/vmx.hpp"

namespace ringside::cpu {

using isa::Selector;
using isa::Vector;
namespace fl = isa::flags;

u64 writable_flags(const State& s, unsigned operand_size) {
    u64 mask = fl::status | fl::TF | fl::DF | fl::NT | fl::AC | fl::ID;
    if (s.cpl <= s.iopl()) mask |= fl::IF;
    if (s.cpl == 0) mask |= fl::IOPL;
    return operand_size == 2 ? mask & 0xffff : mask;
}

namespace {

/// The items of the frame, from the top of the stack.
class PoppedFrame {
  public:
    PoppedFrame(Exec& x, unsigned size) : x_(x), size_(size), sp_(x.stack_pointer()) {
        const Segment& stack = x.s.seg[decode::SS];
        const u64 bytes = u64(at_hand) * size;
        if (sp_ + bytes < stack.read_room && sp_ + bytes <= width_mask(x.stack_size()))
            host_ = x.host_of_read(stack.linear(sp_), bytes, x.user());
    }
    u64 item(unsigned n) {
        if (host_ && n < at_hand) return Exec::host_value(host_ + n * size_, size_);
        return x_.load(decode::SS, after(n), size_);
    }
    u16 selector(unsigned n) { return u16(item(n)); }
    u64 after(unsigned items) const { return (sp_ + items * size_) & width_mask(x_.stack_size()); }

  private:
    static constexpr unsigned at_hand = 5;  ///< items of a return to another ring
    Exec& x_;
    unsigned size_;
    u64 sp_;
    const u8* host_ = nullptr;  ///< where they lie, if that is known
};

void report_return(Exec& x, u8 cpl_before) {
    x.choose_lines();  // EFLAGS.AC may have changed
    ++x.charge().returns;
    x.end_block();
    if (x.sink) x.emit(trace::EventKind::InterruptReturn, x.s.regs.rip);
    emit_ring_change(x, cpl_before);
}

constexpr u64 program_flags = fl::status | fl::TF | fl::DF | fl::NT | fl::RF | fl::AC | fl::ID;
u64 of_size(u64 mask, unsigned size) { return size == 2 ? mask & 0xffff : mask; }

void iret_real(Exec& x, unsigned size) {
    PoppedFrame frame(x, size);
    const u64 ip = frame.item(0), image = frame.item(2);
    const u16 cs = frame.selector(1);
    if (x.faulted()) return;
    if (ip > x.s.seg[decode::CS].limit) return x.fault(Vector::GP, 0);
    x.set_stack_pointer(frame.after(3));
    x.s.seg[decode::CS].load_real_code(cs);
    x.s.regs.rip = ip;
    x.set_flags(image, of_size(program_flags | fl::IF | fl::IOPL, size));
    report_return(x, x.s.cpl);
}

/// Within virtual-8086 mode. With VME a program of IOPL < 3 sets VIF where it means IF.
/// SDM 3B "Virtual-8086 Mode Extensions".
void iret_v8086(Exec& x, unsigned size) {
    const bool virtual_if = x.s.iopl() < 3;
    if (virtual_if && !(has(x.s.cr4, isa::cr4::VME) && size == 2)) return x.fault(Vector::GP, 0);
    PoppedFrame frame(x, size);
    const u64 ip = frame.item(0), image = frame.item(2);
    const u16 cs = frame.selector(1);
    if (x.faulted()) return;
    if (ip > x.s.seg[decode::CS].limit) return x.fault(Vector::GP, 0);
    u64 mask = program_flags | fl::IF;
    if (virtual_if) {
        const bool pending = x.flag(fl::VIP) && has(image, fl::IF);
        if (pending || has(image, fl::TF)) return x.fault(Vector::GP, 0);
        mask &= ~fl::IF;
        x.set_flags(has(image, fl::IF) ? fl::VIF : 0, fl::VIF);
    }
    x.set_stack_pointer(frame.after(3));
    x.s.seg[decode::CS] = Segment::v8086(cs);
    x.s.regs.rip = ip;
    x.set_flags(image, of_size(mask, size));
    report_return(x, x.s.cpl);
}

/// RETURN-TO-VIRTUAL-8086-MODE.
void iret_to_v8086(Exec& x, PoppedFrame& frame, u64 ip, u16 cs, u64 image) {
    const u64 sp = frame.item(3);
    u16 selectors[decode::segment_count];
    unsigned item = 4;
    for (const decode::Seg seg : {decode::SS, decode::ES, decode::DS, decode::FS, decode::GS})
        selectors[seg] = frame.selector(item++);
    selectors[decode::CS] = cs;
    if (x.faulted()) return;
    constexpr u64 limit = 0xffff;
    if (ip > limit) return x.fault(Vector::GP, 0);
    x.set_flags(image, fl::defined);
    for (unsigned seg = 0; seg < decode::segment_count; ++seg)
        x.s.seg[seg] = Segment::v8086(selectors[seg]);
    x.s.regs.rip = ip;
    x.set_reg<4>(SP, sp);
    x.set_cpl(3);
    report_return(x, 0);
}

/// RETURN-TO-OUTER-PRIVILEGE-LEVEL and RETURN-TO-SAME-PRIVILEGE-LEVEL.
void iret_protected(Exec& x, unsigned size) {
    if (x.flag(fl::NT)) return return_from_task(x);
    PoppedFrame frame(x, size);
    const u64 ip = frame.item(0), image = frame.item(2);
    const Selector cs{frame.selector(1)};
    if (x.faulted()) return;
    if (has(image, fl::VM) && x.s.cpl == 0 && size == 4)
        return iret_to_v8086(x, frame, ip, cs.value, image);
    ReturnTarget target;
    if (!find_return_code(x, cs, target)) return;
    u64 sp = frame.after(3);
    if (target.outer) {
        sp = frame.item(3);
        const u16 ss = frame.selector(4);
        if (x.faulted() || !find_outer_stack(x, ss, target)) return;
    }
    if (!accept_return(x, ip, target)) return;
    u64 mask = writable_flags(x.s, size) | of_size(fl::RF, size);
    if (x.s.cpl == 0) mask |= of_size(fl::VIF | fl::VIP, size);
    x.set_flags(image, mask);
    const u8 cpl_before = x.s.cpl;
    load_return(x, ip, sp, target);
    report_return(x, cpl_before);
}

}  // namespace

void return_from_interrupt(Exec& x, unsigned operand_size) {
    vmx::unblock_nmi(x.s);
    if (!x.s.protected_mode()) return iret_real(x, operand_size);
    if (x.s.v8086()) return iret_v8086(x, operand_size);
    if (x.s.long_mode()) return return_from_interrupt_long(x, operand_size);
    iret_protected(x, operand_size);
}

}  // namespace ringside::cpu
