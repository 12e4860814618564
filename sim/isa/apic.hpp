// The local APIC and the I/O APIC. Freestanding.
// SDM 3A "Advanced Programmable Interrupt Controller (APIC)"; Intel 82093AA data sheet.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::apic {

inline constexpr u64 local_base = 0xfee00000;
inline constexpr u64 io_base = 0xfec00000;
inline constexpr u64 page = 4096;

/// IA32_APIC_BASE.
namespace base_msr {
inline constexpr u64 bootstrap = 1u << 8, x2apic = 1u << 10, enable = 1u << 11;
inline constexpr u64 address = 0xffffff000;  ///< of a CPU with 36 physical address bits
}  // namespace base_msr

/// Offsets of the local APIC's registers; each is a 32-bit word on a 16-byte boundary.
namespace reg {
inline constexpr u32 id = 0x20, version = 0x30, tpr = 0x80, apr = 0x90, ppr = 0xa0, eoi = 0xb0,
                     rrd = 0xc0, ldr = 0xd0, dfr = 0xe0, svr = 0xf0, isr = 0x100, tmr = 0x180,
                     irr = 0x200, esr = 0x280, icr_low = 0x300, icr_high = 0x310, lvt_timer = 0x320,
                     lvt_thermal = 0x330, lvt_performance = 0x340, lvt_lint0 = 0x350,
                     lvt_lint1 = 0x360, lvt_error = 0x370, initial_count = 0x380,
                     current_count = 0x390, divide = 0x3e0;
}  // namespace reg

inline constexpr unsigned lvt_count = 6;  ///< timer … error
/// An integrated APIC, its highest LVT entry, no suppression of EOI broadcasts.
inline constexpr u32 version = 0x14 | (lvt_count - 1) << 16;

inline constexpr u32 svr_enable = 1u << 8, svr_mask = 0x1ff, svr_reset = 0xff;
inline constexpr unsigned id_shift = 24;

/// Local vector table entries, the ICR and redirection table entries share their low bits.
namespace entry {
inline constexpr u32 vector = 0xff, delivery = 7u << 8, logical = 1u << 11, pending = 1u << 12,
                     active_low = 1u << 13, remote_irr = 1u << 14, level = 1u << 15,
                     masked = 1u << 16;
inline constexpr u32 timer_periodic = 1u << 17, timer_deadline = 1u << 18;
inline constexpr u32 assert_level = 1u << 14;  ///< of the ICR
inline constexpr unsigned delivery_shift = 8, shorthand_shift = 18;
}  // namespace entry

enum class Delivery : u8 {
    Fixed,
    LowestPriority,
    Smi,
    Reserved,
    Nmi,
    Init,
    StartUp,
    ExtInt,
};
constexpr Delivery delivery_of(u32 entry) {
    return Delivery((entry & entry::delivery) >> entry::delivery_shift);
}

enum class Shorthand : u8 { None, Self, All, Others };

namespace error {
inline constexpr u32 send_illegal_vector = 1u << 5, receive_illegal_vector = 1u << 6,
                     illegal_register = 1u << 7;
}
inline constexpr u8 first_legal_vector = 16;

/// I/O APIC: the two memory-mapped registers, and the indices that they reach.
namespace io {
inline constexpr u32 select = 0x00, window = 0x10;
inline constexpr u8 id = 0, version = 1, arbitration = 2, table = 0x10;
inline constexpr unsigned pins = 24;
inline constexpr u32 version_value = 0x11 | (pins - 1) << 16;
inline constexpr unsigned destination_shift = 24;  ///< in the high word
inline constexpr u8 local_id = 0, own_id = 1;      ///< as the MP table gives them
inline constexpr unsigned timer_pin = 2;           ///< IRQ 0; pin 0 has the 8259s' INTR
}  // namespace io

}  // namespace ringside::isa::apic
