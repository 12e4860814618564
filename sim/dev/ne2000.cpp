// The NE2000's registers and DMA.
#include "sim/dev/ne2000.hpp"

#include <algorithm>

namespace ringside::dev {

using namespace isa::ne2000;

namespace {
constexpr u16 high_bits(u16 word, u8 byte) { return u16((word & 0x00ff) | byte << 8); }
constexpr u16 low_bits(u16 word, u8 byte) { return u16((word & 0xff00) | byte); }
constexpr u8 open_bus = 0xff;
}  // namespace

Ne2000::Ne2000(u64 cpu_hz, MacAddress address) : cpu_hz_(cpu_hz) {
    // Each byte twice: a 16-bit slot. The driver copies the address to where the chip looks.
    for (unsigned n = 0; n < prom_bytes / 2; ++n) {
        const u8 byte = n < address.size() ? address[n] : n >= 14 ? prom_signature : u8(0);
        prom_[2 * n] = prom_[2 * n + 1] = byte;
    }
}

bool Ne2000::running() const { return (command_ & command::start) && !(command_ & command::stop); }

u8 Ne2000::memory(u32 at) const {
    if (at < prom_bytes) return prom_[at];
    if (at < memory_first || at >= memory_first + memory_bytes) return open_bus;
    return u8(memory_.read({at - memory_first}, 1));
}

void Ne2000::set_memory(u32 at, u8 byte) {
    if (at >= memory_first && at < memory_first + memory_bytes)
        memory_.write({at - memory_first}, 1, byte);
}

u8 Ne2000::peek(u16 port, Cycle) const {
    const u16 offset = u16(port - base);
    if (offset >= reset_port) return 0;
    if (offset >= data_port) return remote_count_ ? remote_byte() : open_bus;
    if (offset == reg::command) return command_;
    switch (page()) {
        case 0: return read_page0(u8(offset));
        case 1: return read_page1(u8(offset));
        case 2: return read_page2(u8(offset));
        default: return open_bus;  // "Page 3: test mode"
    }
}

u8 Ne2000::read_page0(u8 r) const {
    switch (r) {
        case reg::local_dma_0: return 0;
        case reg::local_dma_1: return current_;
        case reg::boundary: return boundary_;
        case reg::transmit_status: return transmit_status_;
        case reg::interrupt_status: return interrupt_status_;
        case reg::current_remote_0: return u8(remote_address_);
        case reg::current_remote_1: return u8(remote_address_ >> 8);
        case reg::receive_status: return receive_status_;
        case reg::tally_2: return missed_;
        default: return 0;  // no collisions, no errors; the FIFO is empty
    }
}

u8 Ne2000::read_page1(u8 r) const {
    if (r == reg::current_page) return current_;
    if (r >= reg::multicast) return multicast_[r - reg::multicast];
    return address_[r - reg::address];
}

u8 Ne2000::read_page2(u8 r) const {
    switch (r) {
        case reg::page_start: return page_start_;
        case reg::page_stop: return page_stop_;
        case reg::transmit_page: return transmit_page_;
        case reg::receive_configuration: return receive_configuration_;
        case reg::transmit_configuration: return transmit_configuration_;
        case reg::data_configuration: return data_configuration_;
        case reg::interrupt_mask: return interrupt_mask_;
        default: return 0;
    }
}

u8 Ne2000::in(u16 port, Cycle now) {
    const u16 offset = u16(port - base);
    if (offset >= data_port && offset <= data_port_last) return u8(in_data(1, now));
    advance(now);
    if (offset >= reset_port) reset();  // reading the reset port starts a reset
    const u8 value = peek(port, now);
    // "Tally counters": reading one clears it.
    if (page() == 0 && offset == reg::tally_2) missed_ = 0;
    return value;
}

void Ne2000::out(u16 port, u8 byte, Cycle now) {
    const u16 offset = u16(port - base);
    if (offset >= data_port && offset <= data_port_last) return out_data(1, byte, now);
    advance(now);
    if (offset >= reset_port) return;  // writing it ends the reset, which is over already
    if (offset == reg::command) return command(byte, now);
    if (page() == 0)
        write_page0(u8(offset), byte);
    else if (page() == 1)
        write_page1(u8(offset), byte);
    else
        not_modelled_ = "a write to the test registers of the NE2000";
}

void Ne2000::write_page0(u8 r, u8 byte) {
    switch (r) {
        case reg::page_start: page_start_ = byte; break;
        case reg::page_stop: page_stop_ = byte; break;
        case reg::boundary: boundary_ = byte; break;
        case reg::transmit_page: transmit_page_ = byte; break;
        case reg::transmit_count_0: transmit_count_ = low_bits(transmit_count_, byte); break;
        case reg::transmit_count_1: transmit_count_ = high_bits(transmit_count_, byte); break;
        // "Bits are cleared by writing a 1"; the reset bit only shows that the chip stands still.
        case reg::interrupt_status: interrupt_status_ &= u8(~byte | interrupt::reset); break;
        case reg::remote_address_0: remote_address_ = low_bits(remote_address_, byte); break;
        case reg::remote_address_1: remote_address_ = high_bits(remote_address_, byte); break;
        case reg::remote_count_0: remote_count_ = low_bits(remote_count_, byte); break;
        case reg::remote_count_1: remote_count_ = high_bits(remote_count_, byte); break;
        case reg::receive_configuration: receive_configuration_ = byte; break;
        case reg::transmit_configuration: transmit_configuration_ = byte; break;
        case reg::data_configuration: data_configuration_ = byte; break;
        default: interrupt_mask_ = byte & 0x7f; break;
    }
}

void Ne2000::write_page1(u8 r, u8 byte) {
    if (r == reg::current_page)
        current_ = byte;
    else if (r >= reg::multicast)
        multicast_[r - reg::multicast] = byte;
    else
        address_[r - reg::address] = byte;
}

/// "Command Register".
void Ne2000::command(u8 byte, Cycle now) {
    command_ = byte & u8(~command::transmit);
    if (byte & command::stop) {
        interrupt_status_ |= interrupt::reset;
        return;
    }
    if (byte & command::start) interrupt_status_ &= u8(~interrupt::reset);
    const u8 remote = byte & command::remote;
    if (remote == command::send_packet) not_modelled_ = "the send-packet command of the NE2000";
    const bool moves = remote == command::remote_read || remote == command::remote_write;
    if (moves && remote_count_ == 0) interrupt_status_ |= interrupt::remote_done;
    if ((byte & command::transmit) && sent_at_ == never) transmit(now);
    if (sent_at_ != never) command_ |= command::transmit;
}

void Ne2000::reset() {
    command_ = command::stop | command::remote_abort;
    interrupt_status_ = interrupt::reset;
    interrupt_mask_ = 0;
    sent_at_ = never;
    remote_count_ = 0;
}

/// "Remote DMA": bytes at the data port go to and from the card's memory; at the end of the ring
/// it goes on at its beginning.
void Ne2000::remote_moved() {
    ++remote_address_;
    if (remote_address_ == page_stop_ * page_bytes) remote_address_ = u16(page_start_ * page_bytes);
    if (--remote_count_ == 0) interrupt_status_ |= interrupt::remote_done;
}

u32 Ne2000::in_data(unsigned bytes, Cycle now) {
    advance(now);
    u32 value = 0;
    for (unsigned n = 0; n < bytes; ++n) {
        const bool reading = (command_ & command::remote) == command::remote_read;
        value |= u32(reading && remote_count_ ? remote_byte() : open_bus) << (8 * n);
        if (reading && remote_count_) remote_moved();
    }
    return value;
}

void Ne2000::out_data(unsigned bytes, u32 value, Cycle now) {
    advance(now);
    for (unsigned n = 0; n < bytes; ++n) {
        if ((command_ & command::remote) != command::remote_write || remote_count_ == 0) return;
        set_memory(remote_address_, u8(value >> (8 * n)));
        remote_moved();
    }
}

Cycle Ne2000::next_event() const { return std::min(sent_at_, coming_.next()); }

void Ne2000::advance(Cycle now) {
    for (Cycle at = next_event(); at <= now; at = next_event()) {
        if (at == sent_at_) {
            sent_at_ = never;
            command_ &= u8(~command::transmit);
            transmit_status_ =
                u8(transmit::status_sent | (cable_ ? 0 : transmit::status_carrier_lost));
            interrupt_status_ |= interrupt::transmitted;
        } else {
            receive(*coming_.take().bytes);
        }
    }
}

}  // namespace ringside::dev
