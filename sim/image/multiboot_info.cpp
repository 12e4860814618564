// Builds the Multiboot information structure.
#include "sim/image/multiboot_info.hpp"

#include <algorithm>
#include <cstring>

#include "sim/isa/multiboot.hpp"

namespace ringside::image {

namespace multiboot = isa::multiboot;

namespace {
constexpr u64 kib = 1024;
constexpr u64 lower_end = 639 * kib;  // then the extended BIOS data area, video memory, ROM
constexpr u64 upper_begin = 1024 * kib;

/// Bytes that grow at a physical address.
class Block {
  public:
    explicit Block(u32 address) : address_(address) {}

    template <class T>
    u32 add(const T& value) {
        return add(&value, sizeof value);
    }
    u32 add(const std::string& text) { return add(text.c_str(), text.size() + 1); }
    void align() { bytes_.resize((bytes_.size() + 3) / 4 * 4); }
    template <class T>
    void overwrite(size_t offset, const T& value) {
        std::memcpy(bytes_.data() + offset, &value, sizeof value);
    }
    u32 end() const { return address_ + u32(bytes_.size()); }
    std::vector<u8> take() && { return std::move(bytes_); }

  private:
    u32 add(const void* data, size_t count) {
        const u32 at = end();
        const u8* first = static_cast<const u8*>(data);
        bytes_.insert(bytes_.end(), first, first + count);
        return at;
    }
    u32 address_;
    std::vector<u8> bytes_;
};

multiboot::MemoryMapEntry range(u64 begin, u64 end, multiboot::MemoryType type) {
    const u64 length = end - begin;
    return {sizeof(multiboot::MemoryMapEntry) - sizeof(u32),
            u32(begin),
            u32(begin >> 32),
            u32(length),
            u32(length >> 32),
            u32(type)};
}
}  // namespace

std::vector<u8> multiboot_info(u32 address, u64 ram_size, const std::string& cmdline,
                               std::span<const BootModule> modules) {
    namespace flags = multiboot::info_flags;
    multiboot::Info info{};
    info.flags = flags::memory | flags::cmdline | flags::modules | flags::memory_map |
                 flags::boot_loader_name;
    const u64 lower = std::min(ram_size, lower_end);
    const u64 upper = ram_size > upper_begin ? ram_size - upper_begin : 0;
    info.mem_lower = u32(lower / kib);
    info.mem_upper = u32(upper / kib);

    Block block(address);
    block.add(info);  // its place; the final value follows

    info.mmap_addr = block.end();
    block.add(range(0, lower, multiboot::MemoryType::Available));
    block.add(range(lower_end, upper_begin, multiboot::MemoryType::Reserved));
    if (upper) block.add(range(upper_begin, ram_size, multiboot::MemoryType::Available));
    info.mmap_length = block.end() - info.mmap_addr;

    info.cmdline = block.add(cmdline);
    info.boot_loader_name = block.add(std::string("Ringside"));
    std::vector<u32> texts;
    for (const BootModule& m : modules) texts.push_back(block.add(m.text));
    block.align();
    info.mods_count = u32(modules.size());
    info.mods_addr = block.end();
    for (size_t i = 0; i < modules.size(); ++i)
        block.add(multiboot::Module{modules[i].start, modules[i].end, texts[i], 0});
    block.overwrite(0, info);
    return std::move(block).take();
}

}  // namespace ringside::image
