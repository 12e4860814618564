// The guest's IDE disk, by programmed input and output: its sectors are on the host's disk of the
// same number. ANSI X3.279 (AT Attachment Interface with Extensions, ATA-2).
#pragma once
#include "sim/base/types.hpp"
#include "sim/isa/ata.hpp"

namespace ringside::process {

/// One disk, the first of the primary channel; LBA and the standard geometry. A command is through
/// as soon as it is given: it is never seen busy. What it does not have it aborts, as the standard
/// wants: the MULTIPLE commands, DMA.
class Disk {
  public:
    static constexpr unsigned line = isa::ata::irq;

    /// Asks the host what there is. Without a disk, the ports read as ones.
    void open();
    /// A register by its port; `width` is more than 1 only at the data port.
    u32 in(u16 port, unsigned width);
    void out(u16 port, u32 value, unsigned width);
    bool interrupt() const;

  private:
    enum class Transfer : u8 { none, in, out };

    bool selected() const { return !(device_ & isa::ata::device::second); }
    void command(u8 code);
    void done(u8 error = 0);
    void identify();
    bool address(u32& sector) const;
    void begin(Transfer transfer);
    void next_sector();
    void moved();
    u8 take_byte();
    void put_byte(u8 byte);

    u32 sectors_ = 0;
    u8 error_ = isa::ata::error::diagnostic_passed, features_ = 0, count_ = 1;
    u8 lba0_ = 1, lba1_ = 0, lba2_ = 0, device_ = 0, control_ = 0;
    u8 status_ = isa::ata::status::ready | isa::ata::status::seek_complete;
    bool interrupt_ = false;

    Transfer transfer_ = Transfer::none;
    u32 sector_ = 0, left_ = 0;  ///< the one that moves, and how many are to come with it
    u32 at_ = 0;                 ///< the next byte of the buffer
    alignas(4) u8 buffer_[isa::ata::sector_bytes] = {};
};

}  // namespace ringside::process
