#include "scenarios/vmms/host/disk.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "sim/isa/ata.hpp"

namespace ringside::kernel::disk {

using namespace isa::ata;
namespace cpu = vmm::cpu;

namespace {

constexpr u16 port(u16 offset) { return u16(command_block + offset); }
constexpr u32 words = sector_bytes / 2;

/// "Status register": busy for a while, then with data, or without, or with an error. A bus without
/// a disk reads as all ones or zeros, and nothing waits for it.
bool wait_for_data() {
    for (u32 patience = 1'000'000; patience > 0; --patience) {
        const u8 now = cpu::in8(port(reg::status));
        if (now == 0 || now == 0xff) return false;
        if (now & status::busy) continue;
        if (now & status::error) return false;
        if (now & status::data_request) return true;
    }
    return false;
}
bool wait_until_done() {
    u8 now;
    do now = cpu::in8(port(reg::status));
    while (now & status::busy);
    return !(now & status::error);
}

void start(unsigned unit, u32 sector, u8 command) {
    cpu::out8(control_block, control::no_interrupt);
    cpu::out8(port(reg::device), u8(device::fixed | device::lba | (unit ? device::second : 0) |
                                    ((sector >> 24) & device::head)));
    cpu::out8(port(reg::count), 1);
    cpu::out8(port(reg::lba0), u8(sector));
    cpu::out8(port(reg::lba1), u8(sector >> 8));
    cpu::out8(port(reg::lba2), u8(sector >> 16));
    cpu::out8(port(reg::command), command);
}

bool take_data(u16* to) {
    if (!wait_for_data()) return false;
    for (u32 n = 0; n < words; ++n) to[n] = cpu::in16(port(reg::data));
    return true;
}

}  // namespace

u32 sectors(unsigned unit) {
    u16 answer[words];
    start(unit, 0, command::identify);
    if (!take_data(answer)) return 0;
    return answer[identify::lba_sectors] | u32(answer[identify::lba_sectors + 1]) << 16;
}

bool read(unsigned unit, u32 sector, u8* to) {
    start(unit, sector, command::read_sectors);
    return take_data(reinterpret_cast<u16*>(to));
}

bool write(unsigned unit, u32 sector, const u8* from) {
    start(unit, sector, command::write_sectors);
    if (!wait_for_data()) return false;
    for (u32 n = 0; n < words; ++n)
        cpu::out16(port(reg::data), reinterpret_cast<const u16*>(from)[n]);
    return wait_until_done();
}

}  // namespace ringside::kernel::disk
