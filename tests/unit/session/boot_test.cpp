// The loader: where things lie, and how the CPU is handed over.
#include "sim/session/boot.hpp"

#include <doctest/doctest.h>

#include "sim/isa/multiboot.hpp"

using namespace ringside;
using namespace ringside::session;

namespace {

image::Image kernel_at(u32 address, std::vector<u8> bytes, u32 mem_size) {
    image::Image out;
    out.name = "kernel.elf";
    out.entry = address;
    out.segments.push_back({address, address, std::move(bytes), mem_size});
    return out;
}

}  // namespace

TEST_CASE("a Multiboot kernel is entered in flat protected mode with its information and modules") {
    cpu::State cpu;
    mem::Ram ram(8 << 20);
    const std::vector<u8> module(5000, 0xab);
    const auto kernel = kernel_at(0x100000, {1, 2, 3}, 0x2345);
    const ModuleFile files[] = {{"guest.elf", module}, {"second", {module.data(), 1}}};
    REQUIRE(boot(cpu, ram, kernel, files).ok());

    CHECK(cpu.regs.rip == 0x100000);
    CHECK(cpu.regs.gpr[cpu::AX] == isa::multiboot::loader_magic);
    CHECK(cpu.protected_mode());
    CHECK(!cpu.interrupts_on());
    CHECK(cpu.cpl == 0);
    for (const cpu::Segment& segment : cpu.seg) {
        CHECK(segment.base == 0);
        CHECK(segment.limit == 0xffffffff);
        CHECK(segment.last() == 0xffffffff);
    }
    CHECK(cpu.seg[decode::CS].code());
    CHECK(cpu.code_bits() == 32);
    CHECK(ram.read({0x100000}, 4) == 0x030201);

    const u32 info = static_cast<u32>(cpu.regs.gpr[cpu::BX]);
    const u64 list = ram.read({info + offsetof(isa::multiboot::Info, mods_addr)}, 4);
    CHECK(ram.read({info + offsetof(isa::multiboot::Info, mods_count)}, 4) == 2);
    CHECK(ram.read({list}, 4) == 0x103000);  // the page after the kernel's last
    CHECK(ram.read({list + 4}, 4) == 0x103000 + 5000);
    CHECK(ram.read({list + sizeof(isa::multiboot::Module)}, 4) == 0x105000);
    CHECK(ram.read({0x103000 + 4999}, 1) == 0xab);
    CHECK(ram.read({0x103000 + 5000}, 1) == 0);
}

TEST_CASE("what does not fit is a diagnostic, and nothing is written outside the memory") {
    cpu::State cpu;
    mem::Ram ram(2 << 20);
    CHECK(!boot(cpu, ram, kernel_at(0x200000, {1}, 1), {}).ok());
    CHECK(!boot(cpu, ram, kernel_at(0x1fffff, {1}, 2), {}).ok());
    CHECK(!boot(cpu, ram, kernel_at(0xfffff000, {1}, 0xffffffff), {}).ok());
    const std::vector<u8> module(1 << 20);
    const ModuleFile files[] = {{"guest.elf", module}};
    const Status status = boot(cpu, ram, kernel_at(0x100000, {1}, 1), files);
    REQUIRE(!status.ok());
    CHECK(status.error().file == "guest.elf");
}

TEST_CASE("a boot sector starts in real mode, other flat code in protected mode") {
    cpu::State real, flat;
    mem::Ram ram(2 << 20);
    REQUIRE(boot_flat(real, ram, kernel_at(0x7c00, {0xf4}, 1)).ok());
    CHECK(!real.protected_mode());
    CHECK(real.regs.rip == 0x7c00);
    CHECK(real.code_bits() == 16);
    REQUIRE(boot_flat(flat, ram, kernel_at(0x100000, {0xf4}, 1)).ok());
    CHECK(flat.protected_mode());
    CHECK(flat.code_bits() == 32);
}
