// Segment descriptors, gates, selectors, the 32-bit TSS. SDM 3A "Protected-Mode Memory Management",
// "Interrupt and Exception Handling", "Task Management". Freestanding.
//
//   63    56 55 54 53 52 51   48 47 46 45 44 43   40 39      16 15      0
//   base31:24 G D/B L AVL lim19:16 P  DPL   S  type   base 23:0  limit15:0
#pragma once
#include "sim/base/bits.hpp"

namespace ringside::isa {

struct Selector {
    u16 value = 0;
    constexpr u8 rpl() const { return value & 3; }
    constexpr bool ldt() const { return (value & 4) != 0; }
    constexpr u16 offset() const { return value & 0xfff8; }
    /// SDM 3A "Segment Selectors": index 0 of the GDT, any RPL.
    constexpr bool null() const { return (value & 0xfffc) == 0; }
    /// The selector as exceptions push it: without its RPL.
    constexpr u32 error() const { return value & 0xfffc; }
    constexpr bool operator==(const Selector&) const = default;
};

/// System descriptor types (S = 0). SDM 3A "System Descriptor Types".
enum class SystemType : u8 {
    Tss16Available = 1,
    Ldt = 2,
    Tss16Busy = 3,
    CallGate16 = 4,
    TaskGate = 5,
    InterruptGate16 = 6,
    TrapGate16 = 7,
    TssAvailable = 9,
    TssBusy = 11,
    CallGate = 12,
    InterruptGate = 14,
    TrapGate = 15,
};

/// One 8-byte entry of a GDT, LDT or IDT.
struct Descriptor {
    u64 raw = 0;

    constexpr u32 base() const { return u32(field(raw, 39, 16) | (field(raw, 63, 56) << 24)); }
    /// In bytes, with G applied.
    constexpr u32 limit() const {
        const u32 plain = u32(field(raw, 15, 0) | (field(raw, 51, 48) << 16));
        return granular() ? (plain << 12) | 0xfff : plain;
    }
    constexpr u8 type() const { return u8(field(raw, 43, 40)); }
    constexpr bool segment() const { return has(raw, bit(44)); }  ///< S: code or data
    constexpr u8 dpl() const { return u8(field(raw, 46, 45)); }
    constexpr bool present() const { return has(raw, bit(47)); }
    constexpr bool available() const { return has(raw, bit(52)); }
    constexpr bool long_mode() const { return has(raw, bit(53)); }
    constexpr bool big() const { return has(raw, bit(54)); }  ///< D/B
    constexpr bool granular() const { return has(raw, bit(55)); }

    constexpr bool code() const { return segment() && (type() & 8); }
    constexpr bool data() const { return segment() && !(type() & 8); }
    constexpr bool conforming() const { return code() && (type() & 4); }
    constexpr bool readable() const { return data() || (code() && (type() & 2)); }
    constexpr bool writable() const { return data() && (type() & 2); }
    constexpr bool expand_down() const { return data() && (type() & 4); }
    constexpr bool accessed() const { return segment() && (type() & 1); }
    constexpr bool is(SystemType t) const { return !segment() && type() == u8(t); }

    constexpr u16 gate_selector() const { return u16(field(raw, 31, 16)); }
    constexpr u32 gate_offset() const {
        return u32(field(raw, 15, 0) | (field(raw, 63, 48) << 16));
    }
    constexpr u8 gate_parameters() const { return u8(field(raw, 36, 32)); }

    constexpr bool operator==(const Descriptor&) const = default;
};

/// Of a code segment: 64-bit code; the default size.
inline constexpr u64 descriptor_L = bit(53), descriptor_D = bit(54);
/// Busy, in the type of a TSS descriptor.
inline constexpr u64 tss_busy = bit(41);

/// Access byte of code and data segments: P, DPL, S = 1 and the type.
constexpr u8 access(u8 dpl, u8 type) { return u8(0x80 | dpl << 5 | 0x10 | type); }
inline constexpr u8 code_type = 0xb;  ///< execute, read, accessed
inline constexpr u8 data_type = 0x3;  ///< read, write, accessed

/// A 32-bit segment. `limit` is in bytes; above 1 MiB it must end in FFF (it is stored in pages).
constexpr Descriptor segment32(u32 base, u32 limit, u8 access_byte) {
    const bool pages = limit > 0xfffff;
    const u32 stored = pages ? limit >> 12 : limit;
    return {field(stored, 15, 0) | (u64(base) & 0xffffff) << 16 | u64(access_byte) << 40 |
            field(stored, 19, 16) << 48 | (pages ? bit(55) : 0) | bit(54) | u64(base >> 24) << 56};
}
/// An available 32-bit TSS.
constexpr Descriptor tss32(u32 base, u32 limit) {
    return {field(limit, 15, 0) | (u64(base) & 0xffffff) << 16 | u64(0x89) << 40 |
            field(limit, 19, 16) << 48 | u64(base >> 24) << 56};
}
/// A gate: `type` is InterruptGate, TrapGate, CallGate or TaskGate.
constexpr Descriptor gate32(SystemType type, u16 selector, u32 offset, u8 dpl, u8 parameters = 0) {
    return {(offset & 0xffff) | u64(selector) << 16 | u64(parameters) << 32 |
            u64(0x80 | dpl << 5 | u8(type)) << 40 | u64(offset >> 16) << 48};
}

/// The 32-bit task-state segment. SDM 3A "Task-State Segment (TSS)".
struct Tss32 {
    u32 link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags, eax, ecx, edx, ebx, esp, ebp, esi,
        edi, es, cs, ss, ds, fs, gs, ldt;
    u16 trap, io_map_base;
};
static_assert(sizeof(Tss32) == 104);

}  // namespace ringside::isa
