// The Multiboot 1 boot protocol: header, machine state, boot information. Freestanding.
// Multiboot Specification version 0.6.96, "Boot information format".
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::multiboot {

inline constexpr u32 header_magic = 0x1badb002;  ///< first word of the image's header
inline constexpr u32 loader_magic = 0x2badb002;  ///< EAX at entry
inline constexpr u32 header_search = 8192;       ///< the header lies wholly in the first 8 KiB
inline constexpr u32 header_alignment = 4;

/// Header flags. Bits 0..15 are requirements, bits 16..31 can be ignored by the loader.
namespace header_flags {
inline constexpr u32 page_align = 1u << 0;   ///< modules must be aligned to 4 KiB
inline constexpr u32 memory_info = 1u << 1;  ///< memory sizes must be passed
inline constexpr u32 video_mode = 1u << 2;   ///< a video mode is asked for
inline constexpr u32 addresses = 1u << 16;   ///< the a.out kludge: load addresses are in the header
inline constexpr u32 required = 0xffff;
}  // namespace header_flags

/// Address fields are valid only with header_flags::addresses.
struct Header {
    u32 magic, flags, checksum;
    u32 header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr;
};
static_assert(sizeof(Header) == 32);
inline constexpr u32 header_min_size = 12;  ///< without the address fields

namespace info_flags {
inline constexpr u32 memory = 1u << 0;  ///< mem_lower, mem_upper
inline constexpr u32 boot_device = 1u << 1;
inline constexpr u32 cmdline = 1u << 2;
inline constexpr u32 modules = 1u << 3;
inline constexpr u32 elf_sections = 1u << 5;
inline constexpr u32 memory_map = 1u << 6;
inline constexpr u32 drives = 1u << 7;
inline constexpr u32 boot_loader_name = 1u << 9;
}  // namespace info_flags

/// EBX at entry points to it. Pointers are physical addresses.
struct Info {
    u32 flags;
    u32 mem_lower;  ///< KiB from 0
    u32 mem_upper;  ///< KiB from 1 MiB
    u32 boot_device;
    u32 cmdline;
    u32 mods_count, mods_addr;
    u32 syms[4];
    u32 mmap_length, mmap_addr;
    u32 drives_length, drives_addr;
    u32 config_table;
    u32 boot_loader_name;
    u32 apm_table;
};
static_assert(sizeof(Info) == 72);

struct Module {
    u32 start, end;  ///< [start, end)
    u32 string;
    u32 reserved;
};
static_assert(sizeof(Module) == 16);

enum class MemoryType : u32 {
    Available = 1,
    Reserved = 2,
    AcpiReclaimable = 3,
    AcpiNvs = 4,
    Bad = 5
};

/// An entry of the memory map. `size` does not count itself: step by size + 4.
struct MemoryMapEntry {
    u32 size;
    u32 base_low, base_high;
    u32 length_low, length_high;
    u32 type;  ///< a MemoryType

    constexpr u64 base() const { return u64(base_high) << 32 | base_low; }
    constexpr u64 length() const { return u64(length_high) << 32 | length_low; }
};
static_assert(sizeof(MemoryMapEntry) == 24);

}  // namespace ringside::isa::multiboot
