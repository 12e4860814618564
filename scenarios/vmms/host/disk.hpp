// The host's driver of its two IDE disks, by programmed input and output. ANSI X3.279 (ATA-2).
#pragma once
#include "sim/base/types.hpp"

namespace ringside::kernel::disk {

/// Sectors of disk `unit` (0 or 1); 0 if there is none.
u32 sectors(unsigned unit);
/// One sector of 512 bytes. False if the disk refuses.
bool read(unsigned unit, u32 sector, u8* to);
bool write(unsigned unit, u32 sector, const u8* from);

}  // namespace ringside::kernel::disk
