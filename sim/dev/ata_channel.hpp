// The primary ATA channel: the cable on which one or two disks hang.
#pragma once
#include "sim/dev/ata_disk.hpp"

namespace ringside::dev {

/// ATA/ATAPI-4, "Register delivered data transfer command sector addressing", "Single device
/// configurations": both devices see what is written; the one that is selected answers.
class AtaChannel {
  public:
    AtaChannel(u64 cpu_hz, DiskImage first, DiskImage second)
        : disks_{AtaDisk(cpu_hz, std::move(first), 0), AtaDisk(cpu_hz, std::move(second), 1)} {}

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    u32 in_data(unsigned bytes, Cycle now);
    void out_data(unsigned bytes, u32 value, Cycle now);
    Cycle next_event() const { return std::min(disks_[0].next_event(), disks_[1].next_event()); }

    void advance(Cycle now) {
        for (AtaDisk& one : disks_) one.advance(now);
    }
    /// IRQ 14.
    bool interrupt() const {
        return (disks_[0].present() && disks_[0].interrupt()) ||
               (disks_[1].present() && disks_[1].interrupt());
    }
    const AtaDisk& disk(unsigned number) const { return disks_[number]; }
    bool operator==(const AtaChannel&) const = default;

  private:
    bool empty() const { return !disks_[0].present() && !disks_[1].present(); }
    unsigned selected() const { return disks_[1].selected() ? 1 : 0; }

    std::array<AtaDisk, 2> disks_;
};

static_assert(PortDevice<AtaChannel>);

}  // namespace ringside::dev
