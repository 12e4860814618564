#include "scenarios/vmms/host/console.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/host/system_calls.hpp"

namespace ringside::kernel {

using namespace isa::pc;
using namespace vmm;

void Console::open(u32 guest) {
    line_ = line_of(guest);
    claim_line(line_);
    cpu::out8(u16(line_ + uart::mcr), uart::mcr_dtr | uart::mcr_rts | uart::mcr_out2);
    cpu::out8(u16(line_ + uart::ier), uart::ier_received);
    vmm::host::set_irq_enabled(guest == 0 ? irq::com1 : irq::com2, true);
}

void Console::print(const u8* bytes, u32 count) const {
    for (; count > 0; --count) vmm::print(char(*bytes++), line_);
}

void Console::on_interrupt() {
    while (cpu::in8(u16(line_ + uart::lsr)) & uart::lsr_ready) {
        const u8 byte = cpu::in8(u16(line_ + uart::data));
        if (count_ < room) bytes_[(first_ + count_++) % room] = byte;
    }
}

u32 Console::read() {
    if (count_ == 0) return abi::nothing;
    const u8 byte = bytes_[first_];
    first_ = (first_ + 1) % room;
    --count_;
    return byte;
}

}  // namespace ringside::kernel
