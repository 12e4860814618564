#include "scenarios/vmms/common/loader.hpp"

#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/runtime.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "sim/isa/elf32.hpp"
#include "sim/isa/multiboot.hpp"

namespace ringside::vmm {
namespace {

using namespace isa;

struct Image {
    const u8* bytes;
    u32 size;

    template <class T>
    const T* at(u32 offset, u32 count = 1) const {
        const u64 end = offset + u64(count) * sizeof(T);
        return end <= size ? reinterpret_cast<const T*>(bytes + offset) : nullptr;
    }
};

/// Where the guest finds its boot information: a page of low memory that no program is linked to.
constexpr u32 info_at = 0x9000, map_at = info_at + 0x100, command_line_at = info_at + 0x200;
constexpr u32 lowest_load_address = info_at + 0x1000;

Image guest_module(const multiboot::Info& boot, u32 guest, const char*& command_line) {
    const auto& module = at_physical<const multiboot::Module>(boot.mods_addr)[guest];
    const u32 guests = boot.mods_count < most_guests ? boot.mods_count : most_guests;
    const bool in_guest_memory = module.start < guest_memory_base + guests * guest_memory_size &&
                                 module.end > guest_memory_base;
    if (module.end < module.start || module.end > host_memory_size || in_guest_memory)
        stop("the guest's module lies where its memory must be, at ", Hex{module.start});
    command_line = module.string ? at_physical<const char>(module.string) : "";
    return {at_physical(module.start), module.end - module.start};
}

const multiboot::Header& find_header(const Image& image) {
    for (u32 at = 0; at < multiboot::header_search; at += multiboot::header_alignment) {
        const auto* words = image.at<u32>(at, 3);
        if (!words) break;
        if (words[0] == multiboot::header_magic && words[0] + words[1] + words[2] == 0)
            return *reinterpret_cast<const multiboot::Header*>(words);
    }
    stop("the guest is not a Multiboot program: no header in its first 8 KiB");
}

/// Copies file bytes to guest-physical `address` and clears the rest.
void place(GuestMemory& memory, const Image& image, u32 offset, u32 file_size, u32 address,
           u32 memory_size) {
    if (memory_size < file_size) memory_size = file_size;
    u8* const to = memory.at(address, memory_size);
    const u8* const from = image.at<u8>(offset, file_size);
    if (!to || address < lowest_load_address)
        stop("the guest wants to be loaded at ", Hex{address}, ", where it has no memory");
    if (!from) stop("the guest's file ends before its contents");
    memcpy(to, from, file_size);
    memset(to + file_size, 0, memory_size - file_size);
}

u32 load_elf(GuestMemory& memory, const Image& image) {
    const auto* elf = image.at<elf32::Header>(0);
    if (!elf || !elf32::runnable_on_386(*elf)) stop("the guest is no ELF program for the i386");
    for (u32 n = 0; n < elf->phnum; ++n) {
        const auto* segment = image.at<elf32::ProgramHeader>(elf->phoff + n * elf->phentsize);
        if (!segment) stop("the guest's program headers lie outside its file");
        if (segment->type == elf32::pt_load && segment->memsz)
            place(memory, image, segment->offset, segment->filesz, segment->paddr, segment->memsz);
    }
    return elf->entry;
}

/// A flat image: the header itself says where it goes.
u32 load_flat(GuestMemory& memory, const Image& image, const multiboot::Header& header) {
    const u32 header_offset = u32(reinterpret_cast<const u8*>(&header) - image.bytes);
    const u32 before_header = header.header_addr - header.load_addr;
    if (before_header > header_offset) stop("the guest's Multiboot header contradicts itself");
    const u32 offset = header_offset - before_header;
    const u32 file_size =
        header.load_end_addr ? header.load_end_addr - header.load_addr : image.size - offset;
    const u32 memory_size =
        header.bss_end_addr ? header.bss_end_addr - header.load_addr : file_size;
    place(memory, image, offset, file_size, header.load_addr, memory_size);
    return header.entry_addr;
}

void build_boot_information(GuestMemory& memory, const char* command_line) {
    using namespace multiboot;
    constexpr u32 low_end = 0xa0000, high_start = 0x100000;
    const u32 high_size = memory.size() - high_start;

    auto& info = *reinterpret_cast<Info*>(memory.at(info_at, sizeof(Info)));
    info = {};
    info.flags = info_flags::memory | info_flags::cmdline | info_flags::memory_map;
    info.mem_lower = low_end / 1024;
    info.mem_upper = high_size / 1024;
    info.cmdline = command_line_at;
    info.mmap_addr = map_at;
    info.mmap_length = 2 * sizeof(MemoryMapEntry);

    auto* const map = reinterpret_cast<MemoryMapEntry*>(memory.at(map_at, info.mmap_length));
    constexpr u32 size = sizeof(MemoryMapEntry) - 4;
    map[0] = {size, 0, 0, low_end, 0, u32(MemoryType::Available)};
    map[1] = {size, high_start, 0, high_size, 0, u32(MemoryType::Available)};

    auto* to = reinterpret_cast<char*>(memory.at(command_line_at, 256));
    for (u32 i = 0; i < 255 && *command_line; ++i) *to++ = *command_line++;
    *to = 0;
}

}  // namespace

u32 count_guests(u32 magic, u32 boot_info, u32 most) {
    if (magic != multiboot::loader_magic) stop("not started by a Multiboot loader");
    const auto& boot = *at_physical<const multiboot::Info>(boot_info);
    if (!(boot.flags & multiboot::info_flags::modules) || boot.mods_count == 0)
        stop("no guest: give it as the first boot module");
    if (boot.mods_count > most)
        stop(boot.mods_count, " boot modules, and this VMM runs no more guests than ", most);
    return boot.mods_count;
}

u32 end_of_modules(u32 boot_info) {
    const auto& boot = *at_physical<const multiboot::Info>(boot_info);
    const auto* const modules = at_physical<const multiboot::Module>(boot.mods_addr);
    u32 end = 0;
    for (u32 n = 0; n < boot.mods_count; ++n)
        if (modules[n].end > end) end = modules[n].end;
    return end;
}

const char* vmm_command_line(u32 boot_info) {
    const auto& boot = *at_physical<const multiboot::Info>(boot_info);
    const bool given = boot.flags & multiboot::info_flags::cmdline;
    return given ? at_physical<const char>(boot.cmdline) : "";
}

LoadedGuest load_guest(u32 boot_info, GuestMemory& memory) {
    const auto& boot = *at_physical<const multiboot::Info>(boot_info);
    LoadedGuest loaded{};
    const Image image = guest_module(boot, memory.guest(), loaded.guest_command_line);

    const u32 guest = memory.guest(), base = memory.base(), size = memory.size();
    PROBE("guest.memory", guest, base, size);

    const multiboot::Header& header = find_header(image);
    constexpr u32 understood =
        multiboot::header_flags::page_align | multiboot::header_flags::memory_info;
    if (header.flags & multiboot::header_flags::required & ~understood)
        stop("the guest's Multiboot header asks for what this loader does not have: flags ",
             Hex{header.flags});
    const bool flat = header.flags & multiboot::header_flags::addresses;

    loaded.entry = flat ? load_flat(memory, image, header) : load_elf(memory, image);
    loaded.eax = multiboot::loader_magic;
    loaded.ebx = info_at;
    loaded.command_line = vmm_command_line(boot_info);
    build_boot_information(memory, loaded.guest_command_line);
    return loaded;
}

}  // namespace ringside::vmm
