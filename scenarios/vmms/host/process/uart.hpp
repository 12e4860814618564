// The guest's COM1: a 16550 whose other end is the host's serial line. National Semiconductor
// PC16550D data sheet.
#pragma once
#include "sim/base/types.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::process {

class Uart {
  public:
    static constexpr unsigned line = isa::pc::irq::com1;

    /// `offset` 0 to 7. What is sent is on the host's line at once.
    u8 in(u16 offset);
    void out(u16 offset, u8 byte);
    /// Takes the next byte that the host's line has for the guest, if it has taken the last one.
    /// `arrived`: there is something new.
    void advance(bool arrived);
    bool interrupt() const { return (mcr_ & isa::pc::uart::mcr_out2) && cause() != none; }

  private:
    static constexpr u8 none = isa::pc::uart::iir_none;
    u8 cause() const;

    bool received_ = false, more_ = false, announce_empty_ = true, fifos_ = false;
    u8 data_ = 0, ier_ = 0, lcr_ = 0, mcr_ = 0, scratch_ = 0;
    u16 divisor_ = 12;
};

}  // namespace ringside::process
