// The primary ATA channel.
#include "sim/dev/ata_channel.hpp"

namespace ringside::dev {

namespace {
constexpr u32 open_bus = ~0u;
using namespace isa::ata;
}  // namespace

u8 AtaChannel::peek(u16 port, Cycle now) const {
    if (empty()) return u8(open_bus);
    const AtaDisk& chosen = disks_[selected()];
    if (chosen.present()) return chosen.peek(port, now);
    // The only device answers for the absent one, whose status is 0.
    if (port == control_block || port == command_block + reg::status) return 0;
    return disks_[1 - selected()].peek(port, now);
}

u8 AtaChannel::in(u16 port, Cycle now) {
    advance(now);
    AtaDisk& chosen = disks_[selected()];
    return chosen.present() ? chosen.in(port, now) : peek(port, now);
}

void AtaChannel::out(u16 port, u8 byte, Cycle now) {
    for (AtaDisk& one : disks_) one.out(port, byte, now);
}

u32 AtaChannel::in_data(unsigned bytes, Cycle now) {
    AtaDisk& chosen = disks_[selected()];
    return chosen.present() ? chosen.in_data(bytes, now) : open_bus;
}

void AtaChannel::out_data(unsigned bytes, u32 value, Cycle now) {
    disks_[selected()].out_data(bytes, value, now);
}

}  // namespace ringside::dev
