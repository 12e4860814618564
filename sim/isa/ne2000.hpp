// The NE2000 network card: a DP8390 with 16 KiB of memory. Freestanding.
// National Semiconductor DP8390D/NS32490D data sheet; Novell NE2000 (AN-729, AN-874).
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::ne2000 {

inline constexpr u16 base = 0x300, ports = 0x20;
inline constexpr unsigned irq = 9;
inline constexpr u16 data_port = 0x10, data_port_last = 0x17, reset_port = 0x18;

/// Register offsets of page 0 (write, read), 1 and 2; the command register is in all pages.
namespace reg {
inline constexpr u8 command = 0;
inline constexpr u8 page_start = 1, page_stop = 2, boundary = 3, transmit_page = 4,
                    transmit_count_0 = 5, transmit_count_1 = 6, interrupt_status = 7,
                    remote_address_0 = 8, remote_address_1 = 9, remote_count_0 = 10,
                    remote_count_1 = 11, receive_configuration = 12, transmit_configuration = 13,
                    data_configuration = 14, interrupt_mask = 15;
inline constexpr u8 local_dma_0 = 1, local_dma_1 = 2, transmit_status = 4, collisions = 5, fifo = 6,
                    current_remote_0 = 8, current_remote_1 = 9, receive_status = 12, tally_0 = 13,
                    tally_2 = 15;
inline constexpr u8 address = 1, current_page = 7, multicast = 8;
}  // namespace reg

namespace command {
inline constexpr u8 stop = 1u << 0, start = 1u << 1, transmit = 1u << 2, remote = 0x38,
                    remote_read = 0x08, remote_write = 0x10, send_packet = 0x18,
                    remote_abort = 0x20;
inline constexpr unsigned page_shift = 6;
}  // namespace command
namespace interrupt {
inline constexpr u8 received = 1u << 0, transmitted = 1u << 1, receive_error = 1u << 2,
                    transmit_error = 1u << 3, overwrite = 1u << 4, counter = 1u << 5,
                    remote_done = 1u << 6, reset = 1u << 7;
}
namespace receive {
inline constexpr u8 runts = 1u << 1, broadcast = 1u << 2, multicast = 1u << 3,
                    promiscuous = 1u << 4, monitor = 1u << 5;
inline constexpr u8 status_intact = 1u << 0, status_missed = 1u << 4, status_multicast = 1u << 5;
}  // namespace receive
namespace transmit {
inline constexpr u8 loopback = 0x06;
inline constexpr u8 status_sent = 1u << 0, status_carrier_lost = 1u << 4;
}  // namespace transmit
inline constexpr u8 data_word = 1u << 0;  ///< of the data configuration

inline constexpr unsigned page_bytes = 256, memory_first = 0x4000, memory_bytes = 0x4000,
                          prom_bytes = 32;
inline constexpr u8 prom_signature = 0x57;  ///< in bytes 14 and 15, each doubled: a 16-bit slot
inline constexpr unsigned address_bytes = 6, multicast_bytes = 8, frame_header = 4, crc_bytes = 4;
inline constexpr unsigned shortest_frame = 60, longest_frame = 1514;  ///< without CRC
inline constexpr u64 line_hz = 10'000'000;
inline constexpr unsigned preamble_and_gap_bits = 64 + 96;

}  // namespace ringside::isa::ne2000
