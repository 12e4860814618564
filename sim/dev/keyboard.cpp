// The 8042 keyboard controller.
#include "sim/dev/keyboard.hpp"

namespace ringside::dev {

using namespace isa::keyboard;
using isa::pc::port::keyboard_data;

namespace {

/// Set 1 by set 2: what the controller's translation makes of a byte.
constexpr std::array<u8, 256> translation = [] {
    std::array<u8, 256> table{};
    for (unsigned n = 0; n < table.size(); ++n) table[n] = u8(n);
    for (unsigned code = 1; code < 128; ++code) table[set2_of_set1[code]] = u8(code);
    // No keys of set 2, but in the table of every such controller.
    table[0x02] = table[0x83], table[0x7f] = table[0x84];
    return table;
}();
static_assert(translation[0x1c] == 0x1e && translation[0x83] == 0x41);

}  // namespace

u8 Keyboard::status() const {
    return u8((full_ ? status::output_full : 0) | (asks(mode::system) ? status::system : 0) |
              (last_was_command_ ? status::command : 0) | status::not_locked |
              (full_ && from_aux_ ? status::from_aux : 0) | (timed_out_ ? status::time_out : 0));
}

u8 Keyboard::peek(u16 port, Cycle) const { return port == keyboard_data ? output_ : status(); }

u8 Keyboard::in(u16 port, Cycle now) {
    advance(now);
    const u8 value = peek(port, now);
    if (port == keyboard_data) {
        full_ = from_aux_ = false;
        if (count_ > 0 && byte_at_ == never) byte_at_ = now + byte_time_;
    }
    return value;
}

void Keyboard::out(u16 port, u8 byte, Cycle now) {
    advance(now);
    last_was_command_ = port != keyboard_data;
    timed_out_ = false;
    if (last_was_command_)
        command(byte, now);
    else if (expects_)
        parameter(byte, now);
    else
        to_keyboard(byte, now);
}

/// "Keyboard Controller Commands".
void Keyboard::command(u8 byte, Cycle) {
    using namespace isa::keyboard::command;
    expects_ = 0;
    if ((byte & ~ram_mask) == read_ram) return answer(ram_[byte & ram_mask]);
    if ((byte & ~ram_mask) == write_ram) return void(expects_ = byte);
    if (byte >= pulse) {
        if (!(byte & output::not_reset)) reset_ = true;
        return;
    }
    switch (byte) {
        case disable_aux: ram_[0] |= mode::aux_off; return;
        case enable_aux: ram_[0] &= u8(~mode::aux_off); return;
        case test_aux:
        case test_keyboard: return answer(line_test_passed);
        case self_test: ram_[0] |= mode::system; return answer(self_test_passed);
        case disable_keyboard: ram_[0] |= mode::keyboard_off; return;
        case enable_keyboard: ram_[0] &= u8(~mode::keyboard_off); return;
        case read_input_port: return answer(input_port_not_locked);
        case read_output_port:
            return answer(u8(output::not_reset | output::a20 |
                             (full_ ? (from_aux_ ? output::aux_full : output::keyboard_full) : 0)));
        case write_output_port:
        case write_output_buffer:
        case write_aux_output_buffer:
        case write_aux: expects_ = byte; return;
        case disable_a20:
        case enable_a20: return;  // A20 is tied on
        case read_test_inputs: return answer(0);
        default: not_modelled_ = "a command of the keyboard controller (port 64h)";
    }
}

void Keyboard::parameter(u8 byte, Cycle) {
    using namespace isa::keyboard::command;
    const u8 of = expects_;
    expects_ = 0;
    switch (of) {
        case write_output_port:
            if (!(byte & output::not_reset)) reset_ = true;
            return;
        case write_output_buffer: return answer(byte);
        case write_aux_output_buffer: return answer(byte, true);
        case write_aux:
            // Nobody takes it: the controller says so with a resend and a time-out.
            answer(device::resend, true);
            timed_out_ = true;
            return;
        default: ram_[of & ram_mask] = byte;
    }
}

void Keyboard::answer(u8 byte, bool from_aux) {
    output_ = byte;
    full_ = true;
    from_aux_ = from_aux;
}

/// "Commands from the System". A command lets the keyboard's line go.
void Keyboard::to_keyboard(u8 byte, Cycle now) {
    ram_[0] &= u8(~mode::keyboard_off);
    if (keyboard_expects_) return keyboard_parameter(byte, now);
    switch (byte) {
        case device::set_leds:
        case device::scan_code_set:
        case device::set_rate: keyboard_expects_ = byte; return send(device::acknowledge, now);
        case device::echo: return send(device::echo, now);
        case device::identify:
            send(device::acknowledge, now);
            send(device::id_first, now);
            return send(device::id_second, now);
        case device::enable: scanning_ = true; return send(device::acknowledge, now);
        case device::disable:
        case device::set_defaults:
            set_ = 2;
            scanning_ = byte != device::disable;
            return send(device::acknowledge, now);
        case device::resend: return send(last_sent_, now);
        case device::reset:
            set_ = 2;
            scanning_ = true;
            count_ = 0;
            send(device::acknowledge, now);
            return send(device::test_passed, now);
        default: return send(device::resend, now);
    }
}

void Keyboard::keyboard_parameter(u8 byte, Cycle now) {
    const u8 of = keyboard_expects_;
    keyboard_expects_ = 0;
    send(device::acknowledge, now);
    if (of != device::scan_code_set) return;  // lights and repeat rate show nowhere
    if (byte == 0) return send(set_, now);
    if (byte != 1 && byte != 2) not_modelled_ = "scan code set 3 of the keyboard";
    set_ = byte;
}

void Keyboard::send(u8 byte, Cycle now) {
    if (count_ == buffer_size) return;  // not reached by keys, which wait
    buffer_[(first_ + count_++) % buffer_size] = byte;
    if (!full_ && byte_at_ == never) byte_at_ = now + byte_time_;
}

/// A key's code in the set that the keyboard is told to use.
void Keyboard::send_key(u8 code, Cycle now) {
    if (set_ == 1 || code == extended || code == pause) return send(code, now);
    if (code & break_bit) send(break_prefix, now);
    send(set2_of_set1[code & u8(~break_bit)], now);
}

/// "Scan Code Translation". The prefix of set 2 becomes bit 7 of the byte after it.
u8 Keyboard::translated(u8 byte) {
    const u8 value = u8(translation[byte] | (break_ ? break_bit : 0));
    break_ = false;
    return value;
}

Cycle Keyboard::next_event() const {
    const bool takes_key = !keys_.empty() && !keyboard_silent() && has_room();
    const Cycle key = takes_key ? keys_.next() : never;
    const bool lets_byte = !full_ && !asks(mode::keyboard_off);
    return std::min(key, lets_byte ? byte_at_ : never);
}

void Keyboard::advance(Cycle now) {
    for (Cycle at = next_event(); at <= now; at = next_event()) {
        if (at == byte_at_ && !full_ && count_ > 0) {
            last_sent_ = buffer_[first_];
            first_ = (first_ + 1) % buffer_size;
            --count_;
            byte_at_ = never;
            if (asks(mode::translate) && last_sent_ == break_prefix)
                break_ = true;
            else
                answer(asks(mode::translate) ? translated(last_sent_) : last_sent_);
            if (count_ > 0 && !full_) byte_at_ = at + byte_time_;
        } else {
            // A key that was pressed while the keyboard was silent is seen now.
            send_key(keys_.take().byte, at);
        }
    }
}

bool Keyboard::interrupt() const { return full_ && !from_aux_ && asks(mode::interrupt); }

bool Keyboard::aux_interrupt() const { return full_ && from_aux_ && asks(mode::aux_interrupt); }

}  // namespace ringside::dev
