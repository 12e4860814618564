// What firmware leaves in low memory for an image that is loaded without running any.
#pragma once
#include <vector>

#include "sim/mem/ram.hpp"

namespace ringside::session {

/// The floating pointer and the configuration table behind it, for `at`. MultiProcessor
/// Specification 1.4, "MP Configuration Table": one CPU, an ISA bus, one I/O APIC, the interrupts.
std::vector<u8> mp_table(u32 at);

/// The BIOS data area, and the MP table in the extended one.
void leave_firmware_tables(mem::Ram& ram, unsigned disks);

}  // namespace ringside::session
