// The guest's NE2000: a DP8390 with 16 KiB of memory, whose cable is the host's network. National
// Semiconductor DP8390D/NS32490D data sheet; Novell NE2000.
#pragma once
#include "sim/base/types.hpp"
#include "sim/isa/ne2000.hpp"

namespace ringside::process {

/// A frame is sent as soon as the command is given. Not modelled: loopback modes, the send-packet
/// command, filtering of multicast addresses (all are accepted or none).
class NetworkCard {
  public:
    static constexpr unsigned line = isa::ne2000::irq;

    /// `guest` makes the last byte of its address.
    void open(u32 guest);
    /// `width` is more than 1 only at the data port.
    u32 in(u16 port, unsigned width);
    void out(u16 port, u32 value, unsigned width);
    /// Takes the frames that have arrived.
    void advance();
    bool interrupt() const { return interrupt_status_ & interrupt_mask_ & 0x7f; }

  private:
    unsigned page() const { return command_ >> isa::ne2000::command::page_shift; }
    bool running() const;
    void reset();
    u8 read_register(u8 r) const;
    void write_page0(u8 r, u8 byte);
    void command(u8 byte);
    void transmit();
    void receive(const u8* frame, u32 bytes);
    bool accepts(const u8* frame, u32 bytes) const;
    u8 memory(u32 at) const;
    void set_memory(u32 at, u8 byte);
    u8 data_in();
    void data_out(u8 byte);
    void data_moved();
    /// The receive page after `page`, around the ring.
    u8 after(u8 page) const { return u8(page + 1) >= page_stop_ ? page_start_ : u8(page + 1); }

    u8 prom_[isa::ne2000::prom_bytes] = {};
    u8 memory_[isa::ne2000::memory_bytes] = {};
    u8 command_ = isa::ne2000::command::stop | isa::ne2000::command::remote_abort;
    u8 page_start_ = 0, page_stop_ = 0, boundary_ = 0, current_ = 0;
    u8 transmit_page_ = 0, transmit_status_ = 0, receive_status_ = 0, missed_ = 0;
    u16 transmit_count_ = 0, remote_address_ = 0, remote_count_ = 0;
    u8 interrupt_status_ = isa::ne2000::interrupt::reset, interrupt_mask_ = 0;
    u8 receive_configuration_ = 0, transmit_configuration_ = 0, data_configuration_ = 0;
    u8 address_[isa::ne2000::address_bytes] = {}, multicast_[isa::ne2000::multicast_bytes] = {};
};

}  // namespace ringside::process
