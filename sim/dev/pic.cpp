// The 8259A interrupt controllers.
#include "sim/dev/pic.hpp"

namespace ringside::dev {

using namespace isa::pc::pic;

namespace {
constexpr unsigned line_count = 8;
constexpr u8 mask(int line) { return u8(1u << line); }
constexpr bool is_data(u16 port) { return port & 1; }  // A0
}  // namespace

void Pic::set_line(unsigned line, bool level) {
    const u8 m = mask(int(line));
    const bool rises = level && !(lines_ & m);
    lines_ = level ? lines_ | m : lines_ & ~m;
    if (!level)
        irr_ &= u8(~m);
    else if (rises || level_triggered_)
        irr_ |= m;
}

/// The first of `lines` in the order of priority, or -1.
int Pic::highest(u8 lines) const {
    for (unsigned i = 1; i <= line_count; ++i) {
        const int line = int((lowest_ + i) % line_count);
        if (lines & mask(line)) return line;
    }
    return -1;
}

/// The request to be served next: unmasked, and of a higher priority than what is in service.
int Pic::pending() const {
    u8 blocking = isr_;
    if (special_mask_) blocking &= u8(~imr_);
    if (fully_nested_ && master_) blocking &= u8(~cascade_);
    const u8 requests = u8(irr_ & ~imr_);
    const int line = highest(requests | blocking);
    return line >= 0 && (blocking & mask(line)) == 0 ? line : -1;
}

int Pic::acknowledge() {
    const int line = pending();
    if (line < 0) return line;
    if (!level_triggered_) irr_ &= u8(~mask(line));
    if (!auto_eoi_)
        isr_ |= mask(line);
    else if (rotate_on_auto_eoi_)
        lowest_ = u8(line);
    return line;
}

u8 Pic::peek(u16 port, Cycle) const {
    if (poll_) {
        const int line = pending();
        return line < 0 ? 0 : u8(poll_request | line);
    }
    if (is_data(port)) return imr_;
    return read_isr_ ? isr_ : irr_;
}

u8 Pic::in(u16 port, Cycle now) {
    const u8 value = peek(port, now);
    if (poll_) acknowledge();
    poll_ = false;
    return value;
}

void Pic::out(u16 port, u8 byte, Cycle) {
    if (is_data(port)) return data(byte);
    if (byte & icw1) return initialize(byte);
    if (byte & ocw3) return mode(byte);
    command(byte);
}

/// "Initialization Command Words 1 and 2": what ICW1 resets.
void Pic::initialize(u8 word) {
    irr_ = isr_ = imr_ = 0;
    lowest_ = 7;
    special_mask_ = read_isr_ = poll_ = rotate_on_auto_eoi_ = false;
    level_triggered_ = word & icw1_level;
    single_ = word & icw1_single;
    wants_icw4_ = word & icw1_icw4;
    if (!wants_icw4_) auto_eoi_ = fully_nested_ = false;
    expects_ = Expects::Icw2;
}

void Pic::data(u8 byte) {
    switch (expects_) {
        case Expects::Operation: imr_ = byte; return;
        case Expects::Icw2:
            vector_base_ = byte & icw2_base;
            expects_ = !single_ ? Expects::Icw3 : wants_icw4_ ? Expects::Icw4 : Expects::Operation;
            return;
        case Expects::Icw3:
            cascade_ = byte;
            expects_ = wants_icw4_ ? Expects::Icw4 : Expects::Operation;
            return;
        case Expects::Icw4:
            auto_eoi_ = byte & icw4_auto_eoi;
            fully_nested_ = byte & icw4_nested;
            expects_ = Expects::Operation;
            return;
    }
}

/// OCW2: R, SL, EOI. "Operation Control Word 2".
void Pic::command(u8 word) {
    const bool rotate = word & ocw2_rotate;
    const bool specific = word & ocw2_specific;
    const int level = word & ocw2_level;
    if (word & ocw2_eoi) {
        const u8 candidates = special_mask_ ? isr_ & ~imr_ : isr_;
        end_of_interrupt(specific ? level : highest(candidates), rotate);
    } else if (specific && rotate) {
        lowest_ = u8(level);  // set priority
    } else if (!specific) {
        rotate_on_auto_eoi_ = rotate;
    }
}

void Pic::end_of_interrupt(int line, bool rotate) {
    if (line < 0) return;
    isr_ &= u8(~mask(line));
    if (rotate) lowest_ = u8(line);
}

/// OCW3. "Operation Control Word 3".
void Pic::mode(u8 word) {
    poll_ = word & ocw3_poll;
    if (word & ocw3_read) read_isr_ = word & ocw3_isr;
    if (word & ocw3_special_valid) special_mask_ = word & ocw3_special;
}

u8 PicPair::in(u16 port, Cycle now) {
    const u8 value = chip(port).in(port, now);
    cascade();
    return value;
}

void PicPair::out(u16 port, u8 byte, Cycle now) {
    chip(port).out(port, byte, now);
    cascade();
}

void PicPair::set_line(unsigned line, bool level) {
    if (line < line_count) return first_.set_line(line, level);
    second_.set_line(line - line_count, level);
    cascade();
}

u8 PicPair::acknowledge() {
    const int line = first_.acknowledge();
    if (line != int(isa::pc::irq::cascade)) return first_.vector(line);
    const u8 vector = second_.vector(second_.acknowledge());
    // The second chip's INT drops during INTA, so that a further request is a new edge.
    first_.set_line(isa::pc::irq::cascade, false);
    cascade();
    return vector;
}

}  // namespace ringside::dev
