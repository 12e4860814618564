// A serial line of the host: COM1 for the device process of guest 0, COM2 for that of guest 1.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::kernel {

class Console {
  public:
    /// Takes the line and lets its interrupts through.
    void open(u32 guest);
    void print(const u8* bytes, u32 count) const;
    /// Its interrupt arrived: takes what came in. What does not fit is lost.
    void on_interrupt();
    /// The next byte that came in, or abi::nothing.
    u32 read();

  private:
    static constexpr u32 room = 64;
    u16 line_ = 0;
    u8 bytes_[room] = {};
    u32 first_ = 0, count_ = 0;
};

}  // namespace ringside::kernel
