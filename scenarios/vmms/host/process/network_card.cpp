#include "scenarios/vmms/host/process/network_card.hpp"

#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/host/process/system.hpp"

namespace ringside::process {

using namespace isa::ne2000;

namespace {
constexpr u8 open_bus = 0xff;
constexpr u16 low(u16 word, u8 byte) { return u16((word & 0xff00) | byte); }
constexpr u16 high(u16 word, u8 byte) { return u16((word & 0x00ff) | byte << 8); }
}  // namespace

void NetworkCard::open(u32 guest) {
    // 02: locally administered. Each byte twice, for a 16-bit slot; the driver copies the address
    // to where the chip looks.
    const u8 own[address_bytes] = {0x02, 'R', 'S', 0, 0, u8(guest + 1)};
    for (unsigned n = 0; n < prom_bytes / 2; ++n) {
        const u8 byte = n < address_bytes ? own[n] : n >= 14 ? prom_signature : u8(0);
        prom_[2 * n] = prom_[2 * n + 1] = byte;
    }
}

bool NetworkCard::running() const {
    return (command_ & command::start) && !(command_ & command::stop);
}

// --- registers
// ---------------------------------------------------------------------------------------

u32 NetworkCard::in(u16 port, unsigned width) {
    const u16 offset = u16(port - base);
    if (offset >= data_port && offset <= data_port_last) {
        u32 value = 0;
        for (unsigned n = 0; n < width; ++n) value |= u32(data_in()) << (8 * n);
        return value;
    }
    if (offset >= reset_port) return reset(), 0;  // reading the reset port starts a reset
    const u8 value = offset == reg::command ? command_ : read_register(u8(offset));
    if (page() == 0 && offset == reg::tally_2) missed_ = 0;  // "Tally counters"
    return value;
}

void NetworkCard::out(u16 port, u32 value, unsigned width) {
    const u16 offset = u16(port - base);
    if (offset >= data_port && offset <= data_port_last) {
        for (unsigned n = 0; n < width; ++n) data_out(u8(value >> (8 * n)));
        return;
    }
    if (offset >= reset_port) return;  // writing it ends the reset, which is over already
    const u8 byte = u8(value);
    if (offset == reg::command) return command(byte);
    if (page() == 0) return write_page0(u8(offset), byte);
    if (page() != 1) return;  // pages 2 and 3 are for tests
    if (offset == reg::current_page)
        current_ = byte;
    else if (offset >= reg::multicast)
        multicast_[offset - reg::multicast] = byte;
    else
        address_[offset - reg::address] = byte;
}

u8 NetworkCard::read_register(u8 r) const {
    if (page() == 1) {
        if (r == reg::current_page) return current_;
        return r >= reg::multicast ? multicast_[r - reg::multicast] : address_[r - reg::address];
    }
    if (page() == 2) {
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
    if (page() == 3) return open_bus;
    switch (r) {
        case reg::local_dma_1: return current_;
        case reg::boundary: return boundary_;
        case reg::transmit_status: return transmit_status_;
        case reg::interrupt_status: return interrupt_status_;
        case reg::current_remote_0: return u8(remote_address_);
        case reg::current_remote_1: return u8(remote_address_ >> 8);
        case reg::receive_status: return receive_status_;
        case reg::tally_2: return missed_;
        default: return 0;  // no collisions, no errors
    }
}

void NetworkCard::write_page0(u8 r, u8 byte) {
    switch (r) {
        case reg::page_start: page_start_ = byte; break;
        case reg::page_stop: page_stop_ = byte; break;
        case reg::boundary: boundary_ = byte; break;
        case reg::transmit_page: transmit_page_ = byte; break;
        case reg::transmit_count_0: transmit_count_ = low(transmit_count_, byte); break;
        case reg::transmit_count_1: transmit_count_ = high(transmit_count_, byte); break;
        // "Bits are cleared by writing a 1"; the reset bit only shows that the chip stands still.
        case reg::interrupt_status: interrupt_status_ &= u8(~byte | interrupt::reset); break;
        case reg::remote_address_0: remote_address_ = low(remote_address_, byte); break;
        case reg::remote_address_1: remote_address_ = high(remote_address_, byte); break;
        case reg::remote_count_0: remote_count_ = low(remote_count_, byte); break;
        case reg::remote_count_1: remote_count_ = high(remote_count_, byte); break;
        case reg::receive_configuration: receive_configuration_ = byte; break;
        case reg::transmit_configuration: transmit_configuration_ = byte; break;
        case reg::data_configuration: data_configuration_ = byte; break;
        default: interrupt_mask_ = byte & 0x7f; break;
    }
}

/// "Command Register".
void NetworkCard::command(u8 byte) {
    command_ = byte & u8(~command::transmit);
    if (byte & command::stop) {
        interrupt_status_ |= interrupt::reset;
        return;
    }
    if (byte & command::start) interrupt_status_ &= u8(~interrupt::reset);
    const u8 remote = byte & command::remote;
    const bool moves = remote == command::remote_read || remote == command::remote_write;
    if (moves && remote_count_ == 0) interrupt_status_ |= interrupt::remote_done;
    if (byte & command::transmit) transmit();
}

void NetworkCard::reset() {
    command_ = command::stop | command::remote_abort;
    interrupt_status_ = interrupt::reset;
    interrupt_mask_ = 0;
    remote_count_ = 0;
}

// --- "Remote DMA": bytes at the data port go to and from the card's memory
// ----------------------------

u8 NetworkCard::memory(u32 at) const {
    if (at < prom_bytes) return prom_[at];
    if (at < memory_first || at >= memory_first + memory_bytes) return open_bus;
    return memory_[at - memory_first];
}
void NetworkCard::set_memory(u32 at, u8 byte) {
    if (at >= memory_first && at < memory_first + memory_bytes) memory_[at - memory_first] = byte;
}

void NetworkCard::data_moved() {
    ++remote_address_;  // at the end of the ring it goes on at its beginning
    if (remote_address_ == page_stop_ * page_bytes) remote_address_ = u16(page_start_ * page_bytes);
    if (--remote_count_ == 0) interrupt_status_ |= interrupt::remote_done;
}
u8 NetworkCard::data_in() {
    if ((command_ & command::remote) != command::remote_read || remote_count_ == 0) return open_bus;
    const u8 byte = memory(remote_address_);
    data_moved();
    return byte;
}
void NetworkCard::data_out(u8 byte) {
    if ((command_ & command::remote) != command::remote_write || remote_count_ == 0) return;
    set_memory(remote_address_, byte);
    data_moved();
}

// --- frames
// ------------------------------------------------------------------------------------------

void NetworkCard::transmit() {
    const u32 bytes = transmit_count_ < longest_frame ? transmit_count_ : longest_frame;
    u8 frame[longest_frame];
    for (u32 n = 0; n < bytes; ++n) frame[n] = memory(transmit_page_ * page_bytes + n);
    PROBE("device.send", bytes);
    const u32 others = call(abi::Call::send, process::address(frame), bytes);
    transmit_status_ = u8(transmit::status_sent | (others ? 0 : transmit::status_carrier_lost));
    interrupt_status_ |= interrupt::transmitted;
}

void NetworkCard::advance() {
    u8 frame[longest_frame];
    for (;;) {
        const u32 bytes = call(abi::Call::receive, process::address(frame), sizeof frame);
        if (bytes == abi::nothing) return;
        receive(frame, bytes);
    }
}

bool NetworkCard::accepts(const u8* frame, u32 bytes) const {
    if (bytes < shortest_frame && !(receive_configuration_ & receive::runts)) return false;
    if (bytes < address_bytes) return false;
    bool broadcast = true, own = true;
    for (u32 n = 0; n < address_bytes; ++n) {
        broadcast &= frame[n] == 0xff;
        own &= frame[n] == address_[n];
    }
    if (broadcast) return receive_configuration_ & receive::broadcast;
    if (frame[0] & 1) return receive_configuration_ & receive::multicast;
    return own || (receive_configuration_ & receive::promiscuous);
}

/// "Buffer Ring": a header of four bytes, then the frame, over as many pages as it needs.
void NetworkCard::receive(const u8* frame, u32 bytes) {
    if (!running() || page_start_ >= page_stop_ || !accepts(frame, bytes)) return;
    const u32 counted = bytes + crc_bytes;
    const u32 pages = (counted + frame_header + page_bytes - 1) / page_bytes;
    // The page at the boundary has not been read yet: the ring ends before it.
    const u32 size = u32(page_stop_ - page_start_);
    const u32 free =
        current_ < boundary_ ? u32(boundary_ - current_) : size - u32(current_ - boundary_);
    if (pages >= free) {
        interrupt_status_ |= interrupt::overwrite;
        if (missed_ < 0xff) ++missed_;
        return;
    }
    u8 next = current_;
    for (u32 n = 0; n < pages; ++n) next = after(next);
    receive_status_ = u8(receive::status_intact | (frame[0] & 1 ? receive::status_multicast : 0));
    const u8 header[frame_header] = {receive_status_, next, u8(counted), u8(counted >> 8)};
    u8 to = current_;
    for (u32 n = 0; n < frame_header + bytes; ++n) {
        if (n > 0 && n % page_bytes == 0) to = after(to);
        set_memory(to * page_bytes + n % page_bytes,
                   n < frame_header ? header[n] : frame[n - frame_header]);
    }
    current_ = next;
    interrupt_status_ |= interrupt::received;
    PROBE("device.receive", bytes);
}

}  // namespace ringside::process
