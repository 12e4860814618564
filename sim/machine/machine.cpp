#include "sim/machine/machine.hpp"

#include <algorithm>

#include "sim/cpu/reset.hpp"
#include "sim/isa/msrs.hpp"
#include "sim/isa/multiboot.hpp"

namespace ringside::machine {

namespace {

dev::BoardConfig board_of(const Config& config) {
    dev::BoardConfig board;
    board.cpu_hz = config.hz;
    board.start_time = config.start_time;
    board.ram_bytes = config.ram_bytes;
    std::ranges::copy(config.disks, board.disks);
    board.rom = config.rom;
    return board;
}

}  // namespace

void Derived::forget() {
    if (!caches_) return;
    caches_->code.clear();
    caches_->code.release_dropped();
    caches_->lines.clear();
}

Machine::Machine(const Config& config)
    : cpu(cpu::after_reset()),
      ram(config.ram_bytes),
      board(board_of(config)),
      profile(config.profile) {
    // As firmware leaves it: VMXON allowed and the register locked. SDM 3C "Enabling and Entering
    // VMX Operation".
    cpu.msr.feature_control = isa::msr::feature_lock | isa::msr::feature_vmxon;
    board.enter_virtual_wire_mode();
    if (const u64 size = std::min(config.rom.size(), isa::pc::memory::most_low_rom)) {
        // The end of the ROM is seen below 1 MiB too, where real mode reaches it.
        const u64 end = isa::pc::memory::rom_end;
        ram.copy_in({isa::pc::memory::high - size}, config.rom.from({end - size}));
    }
}

void Machine::power_up() {
    cpu = cpu::after_reset();
    board.set_apic_base(board.apic_base() & ~isa::apic::base_msr::enable);
    board.set_apic_base(board.apic_base() | isa::apic::base_msr::enable);
}

void Machine::enter_multiboot(u32 entry, u32 info_address) {
    using isa::access;
    cpu.cr0 = isa::cr0::PE | isa::cr0::ET;
    cpu.regs.flags = isa::flags::fixed;
    cpu.regs.rip = entry;
    cpu.regs.gpr[cpu::DX] = 0;  // the processor signature of a reset
    cpu.regs.gpr[cpu::AX] = isa::multiboot::loader_magic;
    cpu.regs.gpr[cpu::BX] = info_address;
    // The selectors are undefined by the specification: these stand in no table on purpose.
    const isa::Descriptor code = isa::segment32(0, 0xffffffff, access(0, isa::code_type));
    const isa::Descriptor data = isa::segment32(0, 0xffffffff, access(0, isa::data_type));
    for (cpu::Segment& s : cpu.seg) s = cpu::Segment::from(0x10, data);
    cpu.seg[decode::CS] = cpu::Segment::from(0x08, code);
    cpu.gdtr = {0, 0};
    cpu.idtr = {0, 0};
    cpu.ldtr = cpu.tr = cpu::Segment::null(0);
    cpu.cpl = 0;
}

void Machine::poke(HostPhys at, std::span<const u8> bytes) {
    ram.copy_in(at, bytes);
    derived.forget();
}

}  // namespace ringside::machine
