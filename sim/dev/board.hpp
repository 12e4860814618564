// The board: the devices, the ports they answer, and the interrupt wires between them.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "sim/dev/debug_ports.hpp"
#include "sim/dev/pic.hpp"
#include "sim/dev/pit.hpp"
#include "sim/dev/uart.hpp"

namespace ringside::dev {

/// A value: a copy is a snapshot, and is cheap. Time is an argument and must not go back.
class Board {
  public:
    /// `cpu_hz`: cycles of the simulated CPU in a second, at most 2^32.
    explicit Board(u64 cpu_hz);

    /// `bytes` is 1, 2 or 4. A port without a device reads as all ones and ignores writes, as on
    /// an idle ISA bus; a wide access to byte ports is split into bytes, lowest port first.
    u32 in(u16 port, unsigned bytes, Cycle now);
    void out(u16 port, unsigned bytes, u32 value, Cycle now);
    u32 peek(u16 port, unsigned bytes, Cycle now) const;
    /// Does a device answer at this port?
    static bool decodes(u16 port);

    /// When a device next does something unasked; run up to it, then `advance`.
    Cycle next_event() const;
    void advance(Cycle now);

    /// The INTR line.
    bool interrupt_pending() const { return pic_.intr(); }
    /// The INTA cycle: the vector.
    u8 acknowledge(Cycle now);

    std::optional<u32> debug_exit() const { return debug_exit_.value; }
    bool reset_requested() const { return reset_.requested; }
    u8 post_code() const { return post_.code; }
    std::string serial_output() const { return uart_.sent().text(); }
    const ByteLog& serial_log() const { return uart_.sent(); }
    std::string console_output() const { return console_.sent.text(); }
    const ByteLog& console_log() const { return console_.sent; }
    /// Bytes that will arrive at COM1, in order of time.
    void expect_serial_input(const std::vector<ArrivingByte>& bytes) { uart_.expect(bytes); }

    const PicPair& pic() const { return pic_; }
    const Pit& pit() const { return pit_; }
    const Uart& uart() const { return uart_; }
    bool operator==(const Board&) const = default;

  private:
    struct Route;
    static const Route* route(u16 port);
    void drive_interrupt_lines();

    PicPair pic_;
    Pit pit_;
    Uart uart_;
    DebugExit debug_exit_;
    DebugConsole console_;
    PostCode post_;
    ResetControl reset_;
};

}  // namespace ringside::dev
