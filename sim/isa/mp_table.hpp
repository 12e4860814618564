// The MP table and the BIOS data area, as firmware leaves them in memory. Freestanding.
// MultiProcessor Specification 1.4, "MP Configuration Table"; IBM PC AT Technical Reference,
// "BIOS".
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa {

namespace mp {
inline constexpr u32 pointer_signature = 0x5f504d5f;  ///< "_MP_"
inline constexpr u32 table_signature = 0x504d4350;    ///< "PCMP"
inline constexpr u8 revision = 4;                     ///< 1.4
inline constexpr unsigned pointer_bytes = 16, header_bytes = 44;
inline constexpr u8 pointer_paragraphs = 1;

/// The first byte of an entry.
enum Entry : u8 { Processor, Bus, IoApic, IoInterrupt, LocalInterrupt };
inline constexpr u8 processor_enabled = 1u << 0, processor_bootstrap = 1u << 1;
inline constexpr u8 io_apic_enabled = 1u << 0;
/// The type of an interrupt entry; its flags are those of the bus.
enum Interrupt : u8 { Vectored, Nmi, Smi, External };
inline constexpr u8 all_local_apics = 0xff;
}  // namespace mp

/// The BIOS data area, and the extended one in the last KiB of base memory.
namespace bda {
inline constexpr u32 base = 0x400;
inline constexpr u32 com1 = base + 0x00, com2 = base + 0x02, extended_segment = base + 0x0e,
                     equipment = base + 0x10, memory_kib = base + 0x13, video_mode = base + 0x49,
                     columns = base + 0x4a, crtc_port = base + 0x63, disks = base + 0x75,
                     last_row = base + 0x84;
inline constexpr u32 extended = 0x9fc00, extended_kib = 1;
inline constexpr u16 base_memory_kib = 639;
inline constexpr u16 equipment_two_serial_ports = 2u << 9, equipment_80x25_colour = 2u << 4;
}  // namespace bda

}  // namespace ringside::isa
