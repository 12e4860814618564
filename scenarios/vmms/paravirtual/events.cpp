// Events: pending bits, the upcall, and the clock.
//
//   timer, or send_event
//     by another guest -> evtchn_pending[port] -> evtchn_upcall_pending -> upcall: the handler, at
//                                 |                        |                          ring 1
//                   unless evtchn_mask[port]    unless evtchn_upcall_mask
#include "scenarios/vmms/paravirtual/events.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"
#include "scenarios/vmms/paravirtual/schedule.hpp"
#include "scenarios/vmms/paravirtual/traps.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::pv {
using vmm::TrapFrame;

namespace {

// The real timer ticks about a thousand times a second: as exact as a guest's timer gets.
constexpr u32 pit_hz = 1193182, divisor = 1193;
constexpr u64 tick = u64{1'000'000'000} * divisor / pit_hz;  // in nanoseconds
constexpr u8 pit_rate_generator = 0x34;                      // counter 0, both bytes, mode 2

u64 now = 0;  // nanoseconds since the VMM started

void publish_time(Domain& domain) {
    VcpuTimeInfo& time = domain.vcpu().time;
    ++time.version;
    time.system_time = now;
    ++time.version;
}

/// A deadline is reached at the tick that is nearest to it.
void check_timer(Domain& domain) {
    if (!domain.deadline || now + tick / 2 < domain.deadline) return;
    domain.deadline = 0;
    if (domain.timer_port) set_pending(domain, domain.timer_port);
}

/// The lowest pending port that is not masked; 0 if none is.
u32 first_pending(const SharedInfo& shared) {
    for (u32 port = 1; port < channels; ++port)
        if (bit_of(shared.evtchn_pending, port) && !bit_of(shared.evtchn_mask, port)) return port;
    return 0;
}

}  // namespace

void start_clock() {
    using namespace isa::pc;
    vmm::cpu::out8(port::pit_control, pit_rate_generator);
    vmm::cpu::out8(port::pit_counter0, divisor & 0xff);
    vmm::cpu::out8(port::pit_counter0, divisor >> 8);
    vmm::host::set_irq_enabled(irq::timer, true);
}

void on_hardware_interrupt(TrapFrame& frame) {
    const u32 line = frame.vector - vmm::hardware_interrupt_base;
    vmm::host::end_of_interrupt(line);
    if (line != isa::pc::irq::timer) return;
    now += tick;
    for (DomainId id = 0; id < vmm::most_guests; ++id)
        if (Domain* const one = find_domain(id)) {
            publish_time(*one);
            check_timer(*one);
        }
    count_tick(frame);
}

void set_pending(Domain& domain, u32 port) {
    SharedInfo& shared = *domain.shared;
    shared.evtchn_pending[port / 32] |= 1u << (port % 32);
    if (bit_of(shared.evtchn_mask, port)) return;
    domain.vcpu().evtchn_pending_sel |= 1u << (port / 32);
    domain.vcpu().evtchn_upcall_pending = 1;
}

void deliver_events(Domain& domain, TrapFrame& frame) {
    const VcpuInfo& vcpu = domain.vcpu();
    if (!vcpu.evtchn_upcall_pending || vcpu.evtchn_upcall_mask || !domain.on_event.eip) return;
    const u32 guest = domain.id, port = first_pending(*domain.shared), vector = port;
    domain.watchdog.saw_it_alive();
    PROBE("pv.event", guest, port);
    PROBE("guest.interrupt", vector);
    enter_handler(domain, frame, domain.on_event, nullptr, true);
}

/// set_timer_op(deadline low, high): one event, when system_time gets there. 0: none.
i32 set_timer_op(Domain& domain, TrapFrame& frame) {
    domain.deadline = frame.ebx | u64(frame.ecx) << 32;
    check_timer(domain);
    return 0;
}

}  // namespace ringside::pv
