// What IA-32e mode changes in segment descriptors, gates and the TSS. SDM 3A "Protected-Mode Memory
// Management", "Interrupt and Exception Handling", "Task Management in 64-bit Mode". Freestanding.
//
//   System descriptors and gates have 16 bytes; the upper eight are
//     63                                32 31                               0
//     reserved (bits 44:40 are checked)    base 63:32, or offset 63:32
#pragma once
#include "sim/isa/descriptors.hpp"

namespace ringside::isa {

/// A 16-byte entry of a GDT, LDT or IDT.
struct LongDescriptor {
    u64 low = 0, high = 0;

    constexpr Descriptor lower() const { return {low}; }
    constexpr u64 base() const { return lower().base() | high << 32; }
    constexpr u64 gate_offset() const { return lower().gate_offset() | high << 32; }
    /// Of an interrupt or trap gate: 0 or the number of a stack in the TSS. SDM 3A "Interrupt Stack
    /// Table".
    constexpr u8 stack_table_index() const { return u8(field(low, 34, 32)); }
    /// The type field of the upper half: must be 0, so that it is taken for no descriptor.
    constexpr u8 upper_type() const { return u8(field(high, 44, 40)); }
    constexpr bool operator==(const LongDescriptor&) const = default;
};

/// A 64-bit code segment: L = 1, D = 0; base and limit do not count.
constexpr Descriptor segment64(u8 access_byte) { return {u64(access_byte) << 40 | bit(53)}; }
/// An available 64-bit TSS.
constexpr LongDescriptor tss64(u64 base, u32 limit) {
    return {tss32(u32(base), limit).raw, base >> 32};
}
/// A gate: `type` is InterruptGate, TrapGate or CallGate.
constexpr LongDescriptor gate64(SystemType type, u16 selector, u64 offset, u8 dpl, u8 ist = 0) {
    return {gate32(type, selector, u32(offset), dpl).raw | u64(ist) << 32, offset >> 32};
}

/// The 64-bit task-state segment. SDM 3A "Task Management in 64-bit Mode".
struct __attribute__((packed)) Tss64 {
    u32 reserved0;
    u64 rsp[3];  ///< RSP0 … RSP2
    u64 reserved1;
    u64 ist[7];  ///< IST1 … IST7
    u64 reserved2;
    u16 reserved3, io_map_base;
};
static_assert(sizeof(Tss64) == 104);

}  // namespace ringside::isa
