// ELF32 little-endian structures for i386. System V ABI, "Object Files". Freestanding.
#pragma once
#include "sim/base/types.hpp"

namespace ringside::isa::elf32 {

inline constexpr u8 magic[4] = {0x7f, 'E', 'L', 'F'};
inline constexpr unsigned ident_class = 4, ident_data = 5,
                          ident_version = 6;  ///< indices into Header::ident
inline constexpr u8 class32 = 1;
inline constexpr u8 little_endian = 1;
inline constexpr u32 current_version = 1;

enum class Type : u16 { None = 0, Relocatable = 1, Executable = 2, Shared = 3 };
inline constexpr u16 machine_386 = 3;

struct Header {
    u8 ident[16];
    u16 type;  ///< a Type
    u16 machine;
    u32 version;
    u32 entry;
    u32 phoff, shoff;
    u32 flags;
    u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
static_assert(sizeof(Header) == 52);

inline constexpr u32 pt_load = 1;
inline constexpr u32 pf_x = 1, pf_w = 2, pf_r = 4;

struct ProgramHeader {
    u32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};
static_assert(sizeof(ProgramHeader) == 32);

inline constexpr u32 sht_progbits = 1, sht_symtab = 2, sht_strtab = 3, sht_nobits = 8;
inline constexpr u32 shf_alloc = 2, shf_execinstr = 4;  ///< in memory while the program runs; code
inline constexpr u16 shn_undef = 0, shn_loreserve = 0xff00, shn_abs = 0xfff1, shn_common = 0xfff2;

struct SectionHeader {
    u32 name, type, flags, addr, offset, size, link, info, addralign, entsize;
};
static_assert(sizeof(SectionHeader) == 40);

inline constexpr u8 stt_notype = 0, stt_object = 1, stt_func = 2, stt_section = 3, stt_file = 4;
inline constexpr u8 stb_local = 0, stb_global = 1, stb_weak = 2;

struct Symbol {
    u32 name, value, size;
    u8 info, other;
    u16 shndx;
    constexpr u8 type() const { return info & 0xf; }
    constexpr u8 binding() const { return info >> 4; }
};
static_assert(sizeof(Symbol) == 16);

/// Is this the header of a program that an i386 can run, as far as the header alone can tell?
constexpr bool runnable_on_386(const Header& h) {
    for (unsigned i = 0; i < sizeof(magic); ++i)
        if (h.ident[i] != magic[i]) return false;
    return h.ident[ident_class] == class32 && h.ident[ident_data] == little_endian &&
           h.type == u16(Type::Executable) && h.machine == machine_386;
}

}  // namespace ringside::isa::elf32
