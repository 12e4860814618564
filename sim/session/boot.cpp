#include "sim/session/boot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "sim/image/multiboot_info.hpp"
#include "sim/isa/multiboot.hpp"

namespace ringside::session {
namespace {

constexpr u32 info_address = 0x9000;  // below any image, above the BIOS data area
constexpr u32 boot_sector = 0x7c00;
constexpr u16 code_selector = 0x08, data_selector = 0x10;

/// A 4 GiB segment with base 0. The descriptor that it came from need not exist any more.
cpu::Segment flat(u16 selector, u32 type) {
    namespace r = cpu::rights;
    cpu::Segment segment;
    segment.selector = selector;
    segment.access = type | r::S | r::P | r::DB | r::G;
    segment.limit = 0xffff'ffff;
    segment.derive();
    return segment;
}

Status load_segments(mem::Ram& ram, const image::Image& image) {
    for (const image::Segment& segment : image.segments) {
        if (!ram.contains({segment.paddr}, std::max<u64>(segment.mem_size, 1)))
            return Diagnostic{image.name, 0, 0,
                              fmt::format("wants memory at 0x{:x}, {} bytes, where there is none",
                                          segment.paddr, segment.mem_size),
                              fmt::format("the machine has {} MiB", ram.size() >> 20)};
        ram.copy_in({segment.paddr}, segment.bytes);
    }
    return {};
}

void enter_flat_mode(cpu::State& cpu, u32 entry) {
    constexpr u32 code_type = 0xb;  // execute, read, accessed
    constexpr u32 data_type = 0x3;  // read, write, accessed
    cpu.cr0 = isa::cr0::PE | isa::cr0::ET;
    cpu.ldtr = cpu.tr = cpu::Segment::null(0);
    cpu.regs.gpr = {};
    cpu.seg.fill(flat(data_selector, data_type));
    cpu.seg[decode::CS] = flat(code_selector, code_type);
    cpu.cpl = 0;
    cpu.regs.rip = entry;
}

}  // namespace

Status boot(cpu::State& cpu, mem::Ram& ram, const image::Image& kernel,
            std::span<const ModuleFile> modules) {
    if (Status loaded = load_segments(ram, kernel); !loaded) return loaded;

    std::vector<image::BootModule> placed;
    u64 next = std::max<u64>(kernel.end(), 0x100000);
    for (const ModuleFile& module : modules) {
        next = align_up(next, mem::page_bytes);
        if (!ram.contains({next}, std::max<u64>(module.bytes.size(), 1)))
            return Diagnostic{
                module.name, 0, 0,
                fmt::format("does not fit into the machine's {} MiB", ram.size() >> 20), ""};
        ram.copy_in({next}, module.bytes);
        placed.push_back(
            {static_cast<u32>(next), static_cast<u32>(next + module.bytes.size()), module.name});
        next += module.bytes.size();
    }
    ram.copy_in({info_address},
                image::multiboot_info(info_address, ram.size(), kernel.name, placed));

    enter_flat_mode(cpu, kernel.entry);
    cpu.regs.gpr[cpu::AX] = isa::multiboot::loader_magic;
    cpu.regs.gpr[cpu::BX] = info_address;
    return {};
}

Status boot_flat(cpu::State& cpu, mem::Ram& ram, const image::Image& code) {
    if (Status loaded = load_segments(ram, code); !loaded) return loaded;
    if (code.entry != boot_sector) {
        enter_flat_mode(cpu, code.entry);
        return {};
    }
    cpu.cr0 = isa::cr0::ET;  // as firmware leaves it: the caches on
    cpu.seg.fill(cpu::Segment::real(0));
    cpu.regs.gpr = {};
    cpu.regs.rip = code.entry;
    cpu.regs.gpr[cpu::SP] = boot_sector;
    return {};
}

}  // namespace ringside::session
