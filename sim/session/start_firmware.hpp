// Machines that start in firmware: a ROM image of someone's, or our own that boots a disk.
#pragma once
#include <filesystem>
#include <string>

#include "sim/image/bytes.hpp"
#include "sim/session/run_image.hpp"

namespace ringside::session {

/// The ROM as it is mapped; a diagnostic if its size cannot be that of a ROM.
Result<dev::Rom> rom_image(const image::Bytes& file, const std::string& name);
/// The disk; a diagnostic if it is empty.
Result<dev::DiskImage> disk_image(const image::Bytes& file, const std::string& name);
/// Our own firmware, assembled from its source in `assets`/firmware.
Result<dev::Rom> assemble_firmware(const std::filesystem::path& assets);
/// Does the disk's first sector end in 55h AAh?
Status check_boot_sector(const image::Bytes& disk, const std::string& name);

/// A machine that has just been switched on: the CPU at the reset vector in the ROM.
Result<machine::Machine> switch_on(const dev::Rom& rom, const ImageSetup& setup);

}  // namespace ringside::session
