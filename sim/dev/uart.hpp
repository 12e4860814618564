// The 16550 serial port.
#pragma once
#include <array>
#include <vector>

#include "sim/dev/arrivals.hpp"
#include "sim/dev/byte_log.hpp"
#include "sim/dev/port_device.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::dev {

/// National Semiconductor PC16550D data sheet. The line is as fast as the program: a sent byte
/// is gone at once (the interrupt that says so comes a cycle later), and an arriving one waits
/// until there is room for it (no overrun but in loopback). Not modelled: parity, framing, break,
/// and the four character times before the time-out interrupt, which here comes at once.
class Uart {
  public:
    explicit Uart(u16 base) : base_(base) {}

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    /// The next arrival, or the transmitter's interrupt.
    Cycle next_event() const;

    void advance(Cycle now);
    /// The interrupt output, as the PC wires it: through MCR.OUT2.
    bool interrupt() const;
    /// Adds to what will arrive; in order of time, and not before what is already expected.
    void expect(const std::vector<ArrivingByte>& bytes) { arrivals_.expect(bytes); }
    const ByteLog& sent() const { return sent_; }
    bool operator==(const Uart&) const = default;

  private:
    static constexpr unsigned fifo_size = 16;

    bool divisor_visible() const { return lcr_ & isa::pc::uart::lcr_dlab; }
    unsigned capacity() const { return fifo_enabled_ ? fifo_size : 1; }
    unsigned trigger() const;
    u8 identification() const;
    u8 line_status() const;
    u8 modem_status() const;
    void receive(u8 byte);
    u8 take();
    void send(u8 byte, Cycle now);
    void control_fifo(u8 byte);
    Cycle next_arrival() const;

    u16 base_;
    u8 ier_ = 0, fcr_ = 0, lcr_ = 0, mcr_ = 0, scratch_ = 0;
    u8 divisor_low_ = 0, divisor_high_ = 0;
    bool fifo_enabled_ = false;
    bool empty_interrupt_ = false;  // THRE asks for an interrupt
    Cycle empty_at_ = never;        // when it next will
    bool overrun_ = false;
    std::array<u8, fifo_size> fifo_{};
    unsigned first_ = 0, count_ = 0;
    ByteLog sent_;
    Arrivals<ArrivingByte> arrivals_;
};

static_assert(PortDevice<Uart>);

}  // namespace ringside::dev
