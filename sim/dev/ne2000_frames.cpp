// The NE2000's frames: sending, and the ring of pages into which it receives.
#include <algorithm>
#include <utility>

#include "sim/dev/ne2000.hpp"

namespace ringside::dev {

using namespace isa::ne2000;

namespace {
bool is_group(const std::vector<u8>& frame) { return frame[0] & 1; }
bool is_broadcast(const std::vector<u8>& frame) {
    return std::all_of(frame.begin(), frame.begin() + address_bytes,
                       [](u8 byte) { return byte == 0xff; });
}

/// "Multicast Address Registers": the CRC of the address, its six highest bits.
unsigned multicast_hash(const std::vector<u8>& frame) {
    constexpr u32 polynomial = 0x04c11db7;
    u32 crc = ~0u;
    for (unsigned n = 0; n < address_bytes; ++n)
        for (unsigned bit = 0; bit < 8; ++bit) {
            const bool carry = (crc >> 31) != (u32(frame[n]) >> bit & 1);
            crc = crc << 1 ^ (carry ? polynomial : 0);
        }
    return crc >> 26;
}
}  // namespace

/// The frame leaves the card's memory now; its last bit is on the cable some time later.
void Ne2000::transmit(Cycle now) {
    if (transmit_configuration_ & transmit::loopback)
        not_modelled_ = "sending in a loopback mode of the NE2000";
    const unsigned bytes = std::min<unsigned>(transmit_count_, longest_frame);
    const u64 bits = (std::max(bytes, shortest_frame) + crc_bytes) * 8u + preamble_and_gap_bits;
    sent_at_ = now + bits * cpu_hz_ / line_hz + 1;
    if (!cable_) return;
    std::vector<u8> frame;
    for (u32 n = 0; n < bytes; ++n) frame.push_back(memory(transmit_page_ * page_bytes + n));
    sent_.push_back({sent_at_, std::make_shared<const std::vector<u8>>(std::move(frame))});
}

std::vector<Frame> Ne2000::take_sent() { return std::exchange(sent_, {}); }

bool Ne2000::accepts(const std::vector<u8>& frame) const {
    const bool runts = receive_configuration_ & receive::runts;
    if (frame.size() < address_bytes || (frame.size() < shortest_frame && !runts)) return false;
    if (is_broadcast(frame)) return receive_configuration_ & receive::broadcast;
    if (is_group(frame)) {
        const unsigned hash = multicast_hash(frame);
        return (receive_configuration_ & receive::multicast) &&
               (multicast_[hash / 8] >> hash % 8 & 1);
    }
    return (receive_configuration_ & receive::promiscuous) ||
           std::equal(address_.begin(), address_.end(), frame.begin());
}

/// "Buffer Ring": a header of four bytes, then the frame, over as many pages as it needs.
void Ne2000::receive(const std::vector<u8>& frame) {
    if (!running() || page_start_ >= page_stop_ || !accepts(frame)) return;
    if (receive_configuration_ & receive::monitor) {
        receive_status_ = receive::status_missed;
        missed_ = u8(std::min(missed_ + 1, 0xff));
        return;
    }
    const u32 counted = u32(frame.size()) + crc_bytes;
    const u32 pages = (counted + frame_header + page_bytes - 1) / page_bytes;
    // The page at the boundary has not been read yet: the ring ends before it.
    const u32 size = u32(page_stop_ - page_start_);
    const u32 free =
        current_ < boundary_ ? u32(boundary_ - current_) : size - u32(current_ - boundary_);
    if (pages >= free) {
        interrupt_status_ |= interrupt::overwrite;
        missed_ = u8(std::min(missed_ + 1, 0xff));
        return;
    }
    u8 next = current_;
    for (u32 n = 0; n < pages; ++n) next = after(next);
    receive_status_ =
        u8(receive::status_intact | (is_group(frame) ? receive::status_multicast : 0));
    const u8 header[frame_header] = {receive_status_, next, u8(counted), u8(counted >> 8)};
    u8 page = current_;
    for (u32 n = 0; n < frame_header + frame.size(); ++n) {
        if (n > 0 && n % page_bytes == 0) page = after(page);
        set_memory(page * page_bytes + n % page_bytes,
                   n < frame_header ? header[n] : frame[n - frame_header]);
    }
    current_ = next;
    interrupt_status_ |= interrupt::received;
}

}  // namespace ringside::dev
