// Events: pending bits, the upcall, the clock, and the hypercalls that have to do with them.
//
//   timer -> evtchn_pending[port] -> evtchn_upcall_pending -> upcall: the handler, at ring 1
//                                 |                        |
//                   unless evtchn_mask[port]    unless evtchn_upcall_mask
#include "scenarios/vmms/paravirtual/events.hpp"

#include "scenarios/vmms/common/cpu.hpp"
#include "scenarios/vmms/common/host.hpp"
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/common/serial.hpp"
#include "scenarios/vmms/paravirtual/guest_access.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"
#include "scenarios/vmms/paravirtual/traps.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::pv {
using vmm::TrapFrame;

namespace {

// The real timer ticks about a thousand times a second: as exact as the guest's timer gets.
constexpr u32 pit_hz = 1193182, divisor = 1193;
constexpr u64 tick = u64{1'000'000'000} * divisor / pit_hz;  // in nanoseconds
constexpr u8 pit_rate_generator = 0x34;                      // counter 0, both bytes, mode 2

bool bit_of(const u32* words, u32 n) { return words[n / 32] & (1u << (n % 32)); }

void raise_upcall(Domain& domain, u32 port) {
    domain.vcpu().evtchn_pending_sel |= 1u << (port / 32);
    domain.vcpu().evtchn_upcall_pending = 1;
}

void set_pending(Domain& domain, u32 port) {
    domain.shared->evtchn_pending[port / 32] |= 1u << (port % 32);
    if (!bit_of(domain.shared->evtchn_mask, port)) raise_upcall(domain, port);
}

void publish_time(Domain& domain) {
    VcpuTimeInfo& time = domain.vcpu().time;
    ++time.version;
    time.system_time = domain.now;
    ++time.version;
}

/// A deadline is reached at the tick that is nearest to it.
void check_timer(Domain& domain) {
    if (!domain.deadline || domain.now + tick / 2 < domain.deadline) return;
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

void start_clock(Domain& domain) {
    using namespace isa::pc;
    vmm::cpu::out8(port::pit_control, pit_rate_generator);
    vmm::cpu::out8(port::pit_counter0, divisor & 0xff);
    vmm::cpu::out8(port::pit_counter0, divisor >> 8);
    vmm::host::set_irq_enabled(irq::timer, true);
    publish_time(domain);
}

void on_hardware_interrupt(Domain& domain, u32 vector) {
    const u32 line = vector - vmm::hardware_interrupt_base;
    vmm::host::end_of_interrupt(line);
    if (line != isa::pc::irq::timer) return;
    domain.now += tick;
    publish_time(domain);
    check_timer(domain);
}

void deliver_events(Domain& domain, TrapFrame& frame) {
    const VcpuInfo& vcpu = domain.vcpu();
    if (!vcpu.evtchn_upcall_pending || vcpu.evtchn_upcall_mask || !domain.on_event.eip) return;
    const u32 port = first_pending(*domain.shared), vector = port;
    PROBE("pv.event", port);
    PROBE("guest.interrupt", vector);
    enter_handler(domain, frame, domain.on_event, nullptr, true);
}

/// set_timer_op(deadline low, high): one event, when system_time gets there. 0: none.
i32 set_timer_op(Domain& domain, TrapFrame& frame) {
    domain.deadline = frame.ebx | u64(frame.ecx) << 32;
    check_timer(domain);
    return 0;
}

/// event_channel_op(command, argument).
i32 event_channel_op(Domain& domain, TrapFrame& frame) {
    if (frame.ebx == bind_virq) {
        BindVirq bind;
        if (!read_guest(domain, bind, frame.ecx)) return EFAULT;
        if (bind.virq != virq_timer || bind.vcpu != 0) return EINVAL;
        if (domain.timer_port) return EBUSY;
        bind.port = 1;  // the first of the free channels: 0 is none
        if (!write_guest(domain, frame.ecx, bind)) return EFAULT;
        domain.timer_port = bind.port;
        return 0;
    }
    ChannelPort channel;
    if (!read_guest(domain, channel, frame.ecx)) return EFAULT;
    const u32 port = channel.port;
    if (port == 0 || port != domain.timer_port) return EINVAL;
    switch (frame.ebx) {
        case close_channel: domain.timer_port = 0; return 0;
        case send_event: return EINVAL;  // a virtual interrupt has no other end
        case unmask_event:
            domain.shared->evtchn_mask[port / 32] &= ~(1u << (port % 32));
            if (bit_of(domain.shared->evtchn_pending, port)) raise_upcall(domain, port);
            return 0;
        default: return ENOSYS;
    }
}

/// sched_op(command, argument).
i32 sched_op(Domain& domain, TrapFrame& frame) {
    switch (frame.ebx) {
        case sched_yield: return 0;  // to whom? there is one guest
        case sched_block:
            domain.vcpu().evtchn_upcall_mask = 0;
            while (!domain.vcpu().evtchn_upcall_pending) {
                if (domain.deadline)
                    vmm::cpu::wait_for_interrupt();
                else
                    vmm::cpu::hlt();  // with interrupts off: nothing can wake it any more
            }
            return 0;
        case sched_shutdown: {
            SchedShutdown shutdown;
            if (!read_guest(domain, shutdown, frame.ecx)) return EFAULT;
            if (shutdown.reason == crash) crash_domain(frame, "it says so itself");
            const u32 value = shutdown.status;
            PROBE("guest.exit", value);
            vmm::end_run(u8(value));
        }
        default: return ENOSYS;
    }
}

/// console_io(0: write, count, buffer).
i32 console_io(Domain& domain, TrapFrame& frame) {
    constexpr u32 write = 0;
    if (frame.ebx != write) return ENOSYS;
    u32 from = frame.edx;
    for (u32 left = frame.ecx; left > 0;) {
        char chunk[64];
        const u32 bytes = left < sizeof chunk ? left : sizeof chunk;
        if (!copy_from_guest(domain, chunk, from, bytes)) return EFAULT;
        for (u32 i = 0; i < bytes; ++i) vmm::print(chunk[i]);
        from += bytes;
        left -= bytes;
    }
    return 0;
}

}  // namespace ringside::pv
