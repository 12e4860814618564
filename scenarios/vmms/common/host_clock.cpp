#include "scenarios/vmms/common/host_clock.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::vmm {

using namespace isa::pc;

void HostClock::start() {
    constexpr u8 rate_generator = 2 << pit::mode_shift;
    cpu::out8(port::pit_control, rate_generator | pit::access_word << pit::access_shift);
    cpu::out8(port::pit_counter0, u8(period));
    cpu::out8(port::pit_counter0, u8(period >> 8));
    host::set_irq_enabled(irq::timer, true);
}

u32 HostClock::now() {
    cpu::out8(port::pit_control, pit::access_latch << pit::access_shift);
    const u32 low = cpu::in8(port::pit_counter0), high = cpu::in8(port::pit_counter0);
    u32 now = base_ + period - (low | high << 8);
    // It has begun a new period, and its interrupt has yet to arrive.
    if (i32(now - last_) < 0) now += period;
    return last_ = now;
}

}  // namespace ringside::vmm
