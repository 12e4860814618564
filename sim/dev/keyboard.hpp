// The 8042 keyboard controller and the keyboard behind it.
#pragma once
#include <array>

#include "sim/dev/arrivals.hpp"
#include "sim/dev/port_device.hpp"
#include "sim/isa/keyboard.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// IBM PC AT Technical Reference, "Keyboard Controller", "Keyboard". A byte takes a tenth of a
/// millisecond from the keyboard to the output buffer, whatever it is. There is no mouse: what is
/// sent to the auxiliary device times out. A20 is tied on, whatever the output port says.
class Keyboard {
  public:
    explicit Keyboard(u64 cpu_hz) : byte_time_(cpu_hz / bytes_a_second + 1) {}

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    /// The next byte from the keyboard to the output buffer, or the next key.
    Cycle next_event() const;

    void advance(Cycle now);
    /// IRQ 1: the output buffer is full, and the command byte lets it through.
    bool interrupt() const;
    /// IRQ 12, the same for what came from the auxiliary device (or was said to).
    bool aux_interrupt() const;
    bool reset_requested() const { return reset_; }
    /// Keys pressed and let go, as scan codes of set 1 (whatever set the keyboard then sends);
    /// in order of time. A code waits while the keyboard's buffer is full.
    void expect(const std::vector<ArrivingByte>& codes) { keys_.expect(codes); }
    /// What a program asked for that is not modelled; null when nothing.
    const char* not_modelled() const { return not_modelled_; }
    bool operator==(const Keyboard&) const = default;

  private:
    static constexpr u64 bytes_a_second = 10'000;
    static constexpr unsigned buffer_size = 16;

    u8 status() const;
    bool asks(u8 mode_bit) const { return ram_[0] & mode_bit; }
    bool keyboard_silent() const { return asks(isa::keyboard::mode::keyboard_off) || !scanning_; }
    void command(u8 byte, Cycle now);
    void parameter(u8 byte, Cycle now);
    void to_keyboard(u8 byte, Cycle now);
    void keyboard_parameter(u8 byte, Cycle now);
    /// The controller's own answer: at once.
    void answer(u8 byte, bool from_aux = false);
    /// A byte that the keyboard sends.
    void send(u8 byte, Cycle now);
    void send_key(u8 code, Cycle now);
    u8 translated(u8 byte);
    bool has_room() const { return count_ + 4 <= buffer_size; }

    Cycle byte_time_;
    // The controller.
    std::array<u8, 32> ram_ = {u8(isa::keyboard::mode::interrupt | isa::keyboard::mode::system |
                                  isa::keyboard::mode::translate)};
    u8 output_ = 0;
    bool full_ = false, from_aux_ = false, timed_out_ = false, last_was_command_ = false;
    u8 expects_ = 0;      // the controller's command that waits for its parameter at port 60h
    bool break_ = false;  // the translation has seen the prefix of set 2
    bool reset_ = false;
    // The keyboard.
    u8 keyboard_expects_ = 0;
    u8 set_ = 2;
    bool scanning_ = true;
    u8 last_sent_ = 0;
    std::array<u8, buffer_size> buffer_{};
    unsigned first_ = 0, count_ = 0;
    Cycle byte_at_ = never;  // when the first byte of the buffer is through
    Arrivals<ArrivingByte> keys_;
    const char* not_modelled_ = nullptr;
};

static_assert(PortDevice<Keyboard>);

}  // namespace ringside::dev
