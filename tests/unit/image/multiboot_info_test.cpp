// The Multiboot information, read back as a booted program reads it.
#include <doctest/doctest.h>

#include "sim/image/bytes.hpp"
#include "sim/image/multiboot_info.hpp"
#include "sim/isa/multiboot.hpp"

using namespace ringside;
using namespace ringside::image;
namespace multiboot = ringside::isa::multiboot;

TEST_CASE("a booted program finds memory, command line, modules and loader") {
    constexpr u32 address = 0x9000;
    constexpr u64 ram = 64 << 20;
    const std::vector<BootModule> modules = {{0x200000, 0x201234, "guest.elf trace=1"},
                                             {0x300000, 0x300001, ""}};
    const auto bytes = multiboot_info(address, ram, "vmm --quiet", modules);
    const auto info = read_at<multiboot::Info>(bytes, 0);
    REQUIRE(info);
    namespace f = multiboot::info_flags;
    CHECK(info->flags ==
          (f::memory | f::cmdline | f::modules | f::memory_map | f::boot_loader_name));
    CHECK(info->mem_lower == 639);
    CHECK(info->mem_upper == 63 * 1024);
    CHECK(text_at(bytes, info->cmdline - address) == "vmm --quiet");
    CHECK(text_at(bytes, info->boot_loader_name - address) == "Ringside");
    REQUIRE(info->mods_count == 2);
    CHECK(info->mods_addr % 4 == 0);
    for (u32 i = 0; i < 2; ++i) {
        const auto module = read_at<multiboot::Module>(
            bytes, info->mods_addr - address + i * sizeof(multiboot::Module));
        REQUIRE(module);
        CHECK(module->start == modules[i].start);
        CHECK(module->end == modules[i].end);
        CHECK(text_at(bytes, module->string - address) == modules[i].text);
    }
    u64 available = 0;
    u64 end = 0;
    for (u32 at = 0; at < info->mmap_length;) {
        const auto entry =
            read_at<multiboot::MemoryMapEntry>(bytes, info->mmap_addr - address + at);
        REQUIRE(entry);
        CHECK(entry->base() >= end);
        end = entry->base() + entry->length();
        if (entry->type == u32(multiboot::MemoryType::Available)) available += entry->length();
        at += entry->size + 4;
    }
    CHECK(end == ram);
    CHECK(available == ram - (385 << 10));
}

TEST_CASE("a machine with less than a megabyte has no upper memory") {
    const auto bytes = multiboot_info(0x1000, 512 << 10, "", {});
    const auto info = read_at<multiboot::Info>(bytes, 0);
    REQUIRE(info);
    CHECK(info->mem_lower == 512);
    CHECK(info->mem_upper == 0);
    CHECK(info->mods_count == 0);
    CHECK(info->mmap_length == 2 * sizeof(multiboot::MemoryMapEntry));
}
