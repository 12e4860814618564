// The host's Ethernet: what the network card of one guest sends, those of the others receive. It
// ends at the machine's edge.
#pragma once
#include "scenarios/vmms/common/layout.hpp"

namespace ringside::kernel {

class Network {
  public:
    static constexpr u32 longest_frame = 1514;  ///< without CRC

    /// From guest `from` to all other of `guests`. What a receiver has no room for is lost.
    void send(u32 from, u32 guests, const u8* frame, u32 bytes);
    /// The next frame for this guest, at most `most` bytes of it: its length, or abi::nothing.
    u32 receive(u32 guest, u8* to, u32 most);

  private:
    static constexpr u32 room = 8;  ///< frames
    struct Queue {
        struct {
            u32 bytes;
            u8 frame[longest_frame];
        } entries[room];
        u32 first = 0, count = 0;
    };
    Queue queues_[vmm::most_guests];
};

}  // namespace ringside::kernel
