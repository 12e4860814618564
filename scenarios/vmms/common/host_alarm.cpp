#include "scenarios/vmms/common/host_alarm.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "sim/isa/apic.hpp"

namespace ringside::vmm::host_alarm {

using namespace isa::apic;

namespace {

bool ready = false;
u64 set_to = 0;  ///< 0: not set

volatile u32& apic(u32 offset) {
    return *reinterpret_cast<volatile u32*>(linear_of_local_apic + offset);
}

/// Also as firmware leaves it: the interrupt controllers' request goes through.
void prepare() {
    constexpr u32 divide_by_1 = 0b1011, lowest_priority = 0;
    apic(reg::tpr) = lowest_priority;
    apic(reg::svr) = svr_reset | svr_enable;
    apic(reg::lvt_lint0) = u32(Delivery::ExtInt) << entry::delivery_shift;
    apic(reg::divide) = divide_by_1;
    apic(reg::lvt_timer) = hardware_interrupt_base + line;
    ready = true;
}

}  // namespace

void set(u64 when) {
    if (when == set_to) return;
    if (!ready) prepare();
    set_to = when;
    const u64 now = cpu::rdtsc(), left = when > now ? when - now : 1;
    apic(reg::initial_count) = left >> 32 ? ~0u : u32(left);
}

void acknowledge() {
    set_to = 0;
    apic(reg::eoi) = 0;
}

}  // namespace ringside::vmm::host_alarm
