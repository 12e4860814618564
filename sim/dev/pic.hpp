// The 8259A interrupt controllers: one chip, and the PC's pair with the second on line 2 of the
// first.
#pragma once
#include "sim/dev/port_device.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// One 8259A. Intel 8259A data sheet. Until it is initialized, every line is masked.
/// Not modelled: MCS-80/85 mode (ICW4.µPM = 0 answers like 8086 mode), buffered mode.
class Pic {
  public:
    explicit Pic(bool master, u8 vector_base) : master_(master), vector_base_(vector_base) {}

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    Cycle next_event() const { return never; }

    /// Input IR`line` goes to `level`. A request whose line falls before it is acknowledged is lost
    /// ("the IR inputs must remain high until after the falling edge of the first INTA").
    void set_line(unsigned line, bool level);
    /// The INT output.
    bool intr() const { return (irr_ & ~imr_) != 0 && pending() >= 0; }
    /// The INTA cycle: the line now in service, or -1 for a spurious interrupt.
    int acknowledge();
    /// The vector for that line; a spurious one answers as line 7.
    u8 vector(int line) const { return u8(vector_base_ | (line < 0 ? 7 : line)); }

    u8 requested() const { return irr_; }
    u8 in_service() const { return isr_; }
    u8 masked() const { return imr_; }
    u8 vector_base() const { return vector_base_; }

    bool operator==(const Pic&) const = default;

  private:
    enum class Expects : u8 { Operation, Icw2, Icw3, Icw4 };

    int pending() const;
    void initialize(u8 icw1);
    void command(u8 ocw2);
    void mode(u8 ocw3);
    void data(u8 byte);
    void end_of_interrupt(int line, bool rotate);
    int highest(u8 lines) const;

    bool master_;
    u8 vector_base_;
    u8 irr_ = 0, isr_ = 0, imr_ = 0xff;
    u8 lines_ = 0;   // levels of the inputs
    u8 lowest_ = 7;  // the line of lowest priority
    u8 cascade_ = 0;
    Expects expects_ = Expects::Operation;
    bool level_triggered_ = false, single_ = false, wants_icw4_ = false, auto_eoi_ = false;
    bool rotate_on_auto_eoi_ = false, special_mask_ = false, fully_nested_ = false;
    bool read_isr_ = false, poll_ = false;
};

/// Lines 0..15 of the PC.
class PicPair {
  public:
    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const { return chip(port).peek(port, now); }
    Cycle next_event() const { return never; }

    void set_line(unsigned line, bool level);
    bool intr() const { return first_.intr(); }
    u8 acknowledge();

    const Pic& first() const { return first_; }
    const Pic& second() const { return second_; }
    bool operator==(const PicPair&) const = default;

  private:
    static bool is_second(u16 port) { return port >= isa::pc::port::pic2_command; }
    Pic& chip(u16 port) { return is_second(port) ? second_ : first_; }
    const Pic& chip(u16 port) const { return is_second(port) ? second_ : first_; }
    void cascade() { first_.set_line(isa::pc::irq::cascade, second_.intr()); }

    // Where a PC's firmware puts them.
    Pic first_{true, 0x08}, second_{false, 0x70};
};

static_assert(PortDevice<Pic>);
static_assert(PortDevice<PicPair>);

}  // namespace ringside::dev
