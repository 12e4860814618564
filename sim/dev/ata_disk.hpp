// An IDE disk, by programmed I/O.
#pragma once
#include <array>
#include <optional>

#include "sim/dev/disk_image.hpp"
#include "sim/dev/port_device.hpp"
#include "sim/isa/ata.hpp"

namespace ringside::dev {

/// ATA-2 and ATA/ATAPI-4, "PIO data in", "PIO data out" and "Non-data" protocols, with LBA28 and
/// CHS. It sees all that is written to the channel, and answers when it is selected. A command
/// takes ten microseconds, each further block one. Commands that it does not have are aborted, as
/// the standard wants; IDENTIFY DEVICE tells which it has.
class AtaDisk {
  public:
    /// `number`: device 0 or 1 of its channel.
    AtaDisk(u64 cpu_hz, DiskImage contents, unsigned number);

    u8 in(u16 port, Cycle now);
    void out(u16 port, u8 byte, Cycle now);
    u8 peek(u16 port, Cycle now) const;
    /// The data register takes and gives 1, 2 or 4 bytes at once.
    u32 in_data(unsigned bytes, Cycle now);
    void out_data(unsigned bytes, u32 value, Cycle now);
    Cycle next_event() const { return busy_until_; }

    void advance(Cycle now);
    /// INTRQ.
    bool interrupt() const;
    bool present() const { return contents_.sectors() > 0; }
    bool selected() const { return bool(device_ & isa::ata::device::second) == (number_ == 1); }
    const DiskImage& contents() const { return contents_; }
    bool operator==(const AtaDisk&) const = default;

  private:
    enum class Protocol : u8 { NonData, DataIn, DataOut, Identify };
    using Sector = std::array<u8, isa::ata::sector_bytes>;

    bool busy() const { return resetting_ || busy_until_ != never; }
    u8 status() const;
    u8 register_value(u16 reg) const;
    void reset();
    void command(u8 code, Cycle now);
    void non_data(Cycle now);
    void set_features(Cycle now);
    void set_geometry(u32 heads, u32 sectors);
    void begin(Protocol protocol, u32 block, Cycle now);
    void wait(Cycle from, Cycle how_long) { busy_until_ = from + how_long; }
    void next_block();
    /// Of the next byte in the buffer.
    u32 offset() const {
        return isa::ata::sector_bytes - 1 - (in_block_ - 1) % isa::ata::sector_bytes;
    }
    void finish();
    void fail(u8 error);
    void abort_command(Cycle now);
    u32 requested_sectors() const;
    std::optional<u64> address() const;
    void set_address(u64 sector);
    u8 take_byte(Cycle now);
    void put_byte(u8 byte, Cycle now);
    void block_moved(Cycle now);
    Sector identity() const;

    unsigned number_;
    Cycle command_time_, block_time_;
    DiskImage contents_;
    // The registers.
    u8 error_ = isa::ata::error::diagnostic_passed, features_ = 0, count_ = 1;
    u8 lba0_ = 1, lba1_ = 0, lba2_ = 0, device_ = 0, control_ = 0;
    u8 status_ = isa::ata::status::ready | isa::ata::status::seek_complete;
    bool interrupt_ = false, resetting_ = false;
    u32 heads_ = isa::ata::standard_heads, sectors_ = isa::ata::standard_sectors;
    u8 multiple_ = 0;  // sectors a block of the MULTIPLE commands; 0: not set
    // The command in progress.
    Protocol protocol_ = Protocol::NonData;
    u8 pending_error_ = 0;  // shown when the command is through
    Cycle busy_until_ = never;
    u64 sector_ = 0;    // the next to move
    u32 left_ = 0;      // sectors that are still to move
    u32 block_ = 1;     // sectors from one data request to the next
    u32 in_block_ = 0;  // bytes that this data request still moves
    Sector buffer_{};   // of the sector that is moving
};

static_assert(PortDevice<AtaDisk>);

}  // namespace ringside::dev
