// A segment register with its cached descriptor. SDM 3A "Segment Registers".
#pragma once
#include "sim/decode/insn.hpp"
#include "sim/isa/descriptors.hpp"

namespace ringside::cpu {

/// Access rights in the layout of the VMCS field: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B
/// 14, G 15, unusable 16. SDM 3C "Guest Register State". Bits 55:40 of a descriptor have the same
/// layout, around bits 19:16 of the limit.
namespace rights {
inline constexpr u32 S = 1u << 4, P = 1u << 7, AVL = 1u << 12, L = 1u << 13, DB = 1u << 14,
                     G = 1u << 15, unusable = 1u << 16;
inline constexpr u32 of_descriptor = 0xf0ff;
inline constexpr unsigned DPL_shift = 5;
}  // namespace rights

struct Segment {
    u16 selector = 0;
    /// Derived: default size of addresses in it. CS: of code; SS: of the stack pointer.
    u8 address_bytes = 2;
    u32 access = rights::unusable;
    u32 limit = 0;  ///< in bytes
    u64 base = 0;
    // Derived from the above, and from the mode, whenever they change. At offsets below `read_room`
    // (`write_room`) up to eight bytes may be read (written); elsewhere may_read and may_write
    // know. In 64-bit mode every offset is below them: what is not canonical no TLB holds. The
    // linear address is (origin + offset) & linear_mask; below them the mask changes nothing.
    u64 read_room = 0, write_room = 0;
    u64 origin = 0, linear_mask = 0xffffffff;

    u8 type() const { return access & 15; }
    u8 dpl() const { return (access >> 5) & 3; }
    bool usable() const { return !(access & rights::unusable); }
    bool code() const { return access & 8; }
    bool conforming() const { return code() && (access & 4); }
    bool expand_down() const { return !code() && (access & 4); }
    bool big() const { return access & rights::DB; }
    LinAddr linear(u64 offset) const { return {(origin + offset) & linear_mask}; }
    /// Limit and type. SDM 3A "Limit Checking", "Type Checking"; in 64-bit mode only whether the
    /// linear address is canonical.
    bool may_read(u64 offset, unsigned bytes) const {
        return (offset < read_room && !flat64()) || (readable() && holds(offset, bytes));
    }
    bool may_write(u64 offset, unsigned bytes) const {
        return (offset < write_room && !flat64()) || (writable() && holds(offset, bytes));
    }
    /// The last offset.
    i64 last() const;

    /// Recomputes what is derived, for all modes but 64-bit mode. SDM 3A "Limit Checking", "Type
    /// Checking".
    void derive();
    /// The same for 64-bit mode: no limits and no types, only canonical addresses; `based` (FS and
    /// GS) or base 0. SDM 3A "Segment Loading Instructions in IA-32e Mode", SDM 1 "Canonical
    /// Addressing".
    void derive64(bool based);
    static Segment from(u16 selector, isa::Descriptor d);
    /// Selector 0 and the like: any access faults.
    static Segment null(u16 selector);
    /// As after reset: base = selector * 16, 64 KiB, writable.
    static Segment real(u16 selector);
    /// As virtual-8086 mode loads it. SDM 3C "Checks on Guest Segment Registers" has the rights.
    static Segment v8086(u16 selector);
    /// Real mode loads selector and base and keeps the cached limit and rights.
    /// SDM 3A "Switching Back to Real-Address Mode".
    void load_real(u16 selector);
    /// The same for CS, which is then a writable segment.
    void load_real_code(u16 selector);
    bool operator==(const Segment&) const = default;

  private:
    bool flat64() const { return address_bytes == 8; }
    bool memory() const { return (access & (rights::S | rights::P)) == (rights::S | rights::P); }
    bool readable() const { return flat64() || (usable() && memory() && (!code() || access & 2)); }
    bool writable() const { return flat64() || (usable() && memory() && !code() && access & 2); }
    i64 first() const;
    /// `offset + bytes` may pass the greatest signed number, where no limit would stop it.
    bool holds(u64 offset, unsigned bytes) const {
        return i64(offset) >= first() && i64(offset) <= last() && i64(offset + bytes - 1) <= last();
    }
};

}  // namespace ringside::cpu
