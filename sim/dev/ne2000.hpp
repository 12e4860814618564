// The NE2000 network card: DP8390 registers, 16 KiB of its own memory, the receive ring.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "sim/dev/arrivals.hpp"
#include "sim/dev/port_device.hpp"
#include "sim/isa/ne2000.hpp"
#include "sim/mem/ram.hpp"

namespace ringside::dev {

using MacAddress = std::array<u8, isa::ne2000::address_bytes>;

/// An Ethernet frame from its destination address on, without the CRC. Immutable, so that copies
/// of a machine share it.
struct Frame {
    Cycle when = 0;  ///< when its last bit left the sender, or reaches the receiver
    std::shared_ptr<const std::vector<u8>> bytes;
    bool operator==(const Frame& o) const {
        return when == o.when && (bytes == o.bytes || *bytes == *o.bytes);
    }
};

/// DP8390D data sheet. A frame takes its time at 10 Mbit/s. Without a cable what it sends is lost.
/// Not modelled, and said so: sending in a loopback mode, the send-packet command. Collisions, CRC
/// and alignment errors do not happen.
class Ne2000 {
  public:
    Ne2000(u64 cpu_hz, MacAddress address);

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    /// The data port: 1 or 2 bytes at once (4 are two words).
    u32 in_data(unsigned bytes, Cycle now);
    void out_data(unsigned bytes, u32 value, Cycle now);
    /// The end of a transmission, or a frame that arrives.
    Cycle next_event() const;

    void advance(Cycle now);
    bool interrupt() const { return interrupt_status_ & interrupt_mask_ & 0x7f; }

    /// A cable is there, and whoever holds its other end takes what is sent.
    void plug_in() { cable_ = true; }
    /// Frames sent since this was last asked, in order of time.
    std::vector<Frame> take_sent();
    /// A frame that reaches the card at `frame.when`; in order of time.
    void expect(const Frame& frame) { coming_.expect({frame}); }
    const char* not_modelled() const { return not_modelled_; }
    bool operator==(const Ne2000&) const = default;

  private:
    bool running() const;
    unsigned page() const { return command_ >> isa::ne2000::command::page_shift; }
    u8 read_page0(u8 reg) const;
    u8 read_page1(u8 reg) const;
    u8 read_page2(u8 reg) const;
    void write_page0(u8 reg, u8 byte);
    void write_page1(u8 reg, u8 byte);
    void command(u8 byte, Cycle now);
    void reset();
    void transmit(Cycle now);
    void receive(const std::vector<u8>& frame);
    bool accepts(const std::vector<u8>& frame) const;
    u8 memory(u32 at) const;
    void set_memory(u32 at, u8 byte);
    u8 remote_byte() const { return memory(remote_address_); }
    void remote_moved();
    /// The first receive page after `page`, around the ring.
    u8 after(u8 page) const { return u8(page + 1) >= page_stop_ ? page_start_ : u8(page + 1); }

    u64 cpu_hz_;
    std::array<u8, isa::ne2000::prom_bytes> prom_{};
    mem::Ram memory_{isa::ne2000::memory_bytes};
    u8 command_ = isa::ne2000::command::stop | isa::ne2000::command::remote_abort;
    u8 page_start_ = 0, page_stop_ = 0, boundary_ = 0, current_ = 0;
    u8 transmit_page_ = 0, transmit_status_ = 0, receive_status_ = 0;
    u16 transmit_count_ = 0, remote_address_ = 0, remote_count_ = 0;
    u8 interrupt_status_ = isa::ne2000::interrupt::reset, interrupt_mask_ = 0;
    u8 receive_configuration_ = 0, transmit_configuration_ = 0, data_configuration_ = 0;
    u8 missed_ = 0;  // the tally counter of missed packets
    MacAddress address_{};
    std::array<u8, isa::ne2000::multicast_bytes> multicast_{};
    Cycle sent_at_ = never;  // the end of the transmission
    bool cable_ = false;
    std::vector<Frame> sent_;
    Arrivals<Frame> coming_;
    const char* not_modelled_ = nullptr;
};

static_assert(PortDevice<Ne2000>);

}  // namespace ringside::dev
