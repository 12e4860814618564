#include "scenarios/vmms/host/network.hpp"

#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/host/system_calls.hpp"

namespace ringside::kernel {

void Network::send(u32 from, u32 guests, const u8* frame, u32 bytes) {
    if (bytes > longest_frame) return;
    for (u32 to = 0; to < guests; ++to) {
        Queue& queue = queues_[to];
        if (to == from || queue.count == room) continue;
        auto& entry = queue.entries[(queue.first + queue.count++) % room];
        entry.bytes = bytes;
        memcpy(entry.frame, frame, bytes);
        PROBE("host.frame", from, to, bytes);
    }
}

u32 Network::receive(u32 guest, u8* to, u32 most) {
    Queue& queue = queues_[guest];
    if (queue.count == 0) return abi::nothing;
    const auto& entry = queue.entries[queue.first];
    const u32 bytes = entry.bytes < most ? entry.bytes : most;
    memcpy(to, entry.frame, bytes);
    queue.first = (queue.first + 1) % room;
    --queue.count;
    return bytes;
}

}  // namespace ringside::kernel
