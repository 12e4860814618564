// The 16550 serial port.
#include "sim/dev/uart.hpp"

#include <algorithm>

namespace ringside::dev {

using namespace isa::pc::uart;

namespace {
constexpr u8 ier_mask = ier_received | ier_empty | ier_line | ier_modem;
constexpr u8 mcr_mask = mcr_dtr | mcr_rts | mcr_out1 | mcr_out2 | mcr_loop;
}  // namespace

u8 Uart::peek(u16 port, Cycle) const {
    switch (port - base_) {
        case data: return divisor_visible() ? divisor_low_ : count_ ? fifo_[first_] : 0;
        case ier: return divisor_visible() ? divisor_high_ : ier_;
        case iir: return identification() | (fifo_enabled_ ? iir_fifos : 0);
        case lcr: return lcr_;
        case mcr: return mcr_;
        case lsr: return line_status();
        case msr: return modem_status();
        default: return scratch_;
    }
}

u8 Uart::in(u16 port, Cycle now) {
    advance(now);
    const u8 value = peek(port, now);
    switch (port - base_) {
        case data:
            if (!divisor_visible()) take();
            advance(now);
            break;
        case iir:
            // "Reading the IIR (if source of interrupt)" resets the THRE interrupt.
            if (identification() == iir_empty) empty_interrupt_ = false;
            break;
        case lsr: overrun_ = false; break;
        default: break;
    }
    return value;
}

void Uart::out(u16 port, u8 byte, Cycle now) {
    advance(now);
    switch (port - base_) {
        case data: divisor_visible() ? void(divisor_low_ = byte) : send(byte, now); break;
        case ier:
            if (divisor_visible()) {
                divisor_high_ = byte;
                break;
            }
            // Enabling the interrupt while the transmitter is empty raises it.
            if ((byte & ier_empty) && !(ier_ & ier_empty)) empty_interrupt_ = true;
            ier_ = byte & ier_mask;
            break;
        case fcr: control_fifo(byte); break;
        case lcr: lcr_ = byte; break;
        case mcr: mcr_ = byte & mcr_mask; break;
        case scratch: scratch_ = byte; break;
        default: break;  // LSR and MSR are read-only
    }
    advance(now);
}

void Uart::send(u8 byte, Cycle now) {
    if (mcr_ & mcr_loop)
        receive(byte);
    else
        sent_.append(byte);
    // Writing THR withdraws the interrupt; the next one is a new edge.
    empty_interrupt_ = !(ier_ & ier_empty);
    if (!empty_interrupt_) empty_at_ = now + 1;
}

void Uart::receive(u8 byte) {
    if (count_ == capacity()) {
        overrun_ = true;
        // Without FIFOs the new byte replaces the old one; with them it is lost.
        if (!fifo_enabled_) fifo_[first_] = byte;
        return;
    }
    fifo_[(first_ + count_++) % fifo_size] = byte;
}

u8 Uart::take() {
    if (count_ == 0) return 0;
    const u8 byte = fifo_[first_];
    first_ = (first_ + 1) % fifo_size;
    --count_;
    return byte;
}

void Uart::control_fifo(u8 byte) {
    const bool enable = byte & fcr_enable;
    // "When changing from FIFO mode to 16450 mode and vice versa, data is cleared."
    if (enable != fifo_enabled_ || (byte & fcr_clear_receive)) first_ = count_ = 0;
    fifo_enabled_ = enable;
    fcr_ = enable ? byte & u8(3u << fcr_trigger_shift) : 0;
}

unsigned Uart::trigger() const {
    constexpr unsigned levels[] = {1, 4, 8, 14};
    return fifo_enabled_ ? levels[fcr_ >> fcr_trigger_shift] : 1;
}

/// The pending interrupt of highest priority. "Interrupt Identification Register".
u8 Uart::identification() const {
    if ((ier_ & ier_line) && overrun_) return iir_line;
    if ((ier_ & ier_received) && count_ >= trigger()) return iir_received;
    if ((ier_ & ier_received) && count_ > 0) return iir_timeout;
    if ((ier_ & ier_empty) && empty_interrupt_) return iir_empty;
    return iir_none;
}

bool Uart::interrupt() const {
    return (mcr_ & mcr_out2) && !(mcr_ & mcr_loop) && identification() != iir_none;
}

u8 Uart::line_status() const {
    return u8(lsr_empty | lsr_idle | (count_ ? lsr_ready : 0) | (overrun_ ? lsr_overrun : 0));
}

/// A terminal that is always there; in loopback the modem control outputs come back.
u8 Uart::modem_status() const {
    if (!(mcr_ & mcr_loop)) return msr_cts | msr_dsr | msr_dcd;
    return u8((mcr_ & mcr_rts ? msr_cts : 0) | (mcr_ & mcr_dtr ? msr_dsr : 0) |
              (mcr_ & mcr_out1 ? msr_ri : 0) | (mcr_ & mcr_out2 ? msr_dcd : 0));
}

Cycle Uart::next_event() const { return std::min(empty_at_, next_arrival()); }

Cycle Uart::next_arrival() const {
    // A full receiver takes the next byte when it is read, not at a time.
    return count_ == capacity() || (mcr_ & mcr_loop) ? never : arrivals_.next();
}

void Uart::advance(Cycle now) {
    if (empty_at_ <= now) {
        empty_at_ = never;
        empty_interrupt_ = true;
    }
    while (next_arrival() <= now) receive(arrivals_.take().byte);
}

}  // namespace ringside::dev
