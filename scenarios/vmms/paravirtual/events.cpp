// Events take the place of interrupts; a flag in shared memory takes the place of IF.
//
//   timer, or send_event
//     by another guest -> evtchn_pending[port] -> evtchn_upcall_pending -> upcall: the handler, at
//                                 |                        |                          ring 1
//                   unless evtchn_mask[port]    unless evtchn_upcall_mask
//
// A channel has two ends, in two guests, and carries no data: only that it was used.
//
//   guest 0: alloc_unbound(remote 1) = port 1       port 1 of 0: unbound, for guest 1
//   guest 1: bind_interdomain(0, 1) = port 2        port 1 of 0 <--interdomain--> port 2 of 1
//   guest 1: send_event(2)                          pending bit 1 of guest 0 is set
//
// A virtual interrupt is a channel whose other end is the VMM.
#include "scenarios/vmms/common/host_clock.hpp"
#include "scenarios/vmms/paravirtual/parts.hpp"
#include "sim/isa/pc.hpp"

namespace ringside::pv {

// A guest's timer gets as exact as a tick of the VMM's clock.
constexpr u64 pit_hz = 1193182, tick = u64{1'000'000'000} * vmm::HostClock::period / pit_hz;
static u64 now = 0;

/// The guest's event channel `port` has something to say.
static void set_pending(Domain& domain, u32 port) {
    SharedInfo& shared = *domain.shared;
    shared.evtchn_pending[port / 32] |= 1u << (port % 32);
    if (bit_of(shared.evtchn_mask, port)) return;
    const u32 guest = domain.id;
    PROBE("pv.event", guest, port);
    domain.vcpu().evtchn_pending_sel |= 1u << (port / 32);
    domain.vcpu().evtchn_upcall_pending = 1;
}

/// A deadline is reached at the tick that is nearest to it.
static void check_timer(Domain& domain) {
    if (!domain.deadline || now + tick / 2 < domain.deadline) return;
    domain.deadline = 0;
    if (domain.timer_port) set_pending(domain, domain.timer_port);
}

void on_hardware_interrupt(TrapFrame& frame) {
    const u32 line = frame.vector - vmm::hardware_interrupt_base;
    vmm::host::end_of_interrupt(line);
    if (line != isa::pc::irq::timer) return;
    now += tick;
    for (DomainId id = 0; id < vmm::most_guests; ++id)
        if (Domain* const one = find_domain(id)) {
            VcpuTimeInfo& time = one->vcpu().time;
            ++time.version;
            time.system_time = now;
            ++time.version;
            check_timer(*one);
        }
    count_tick(frame);
}

void deliver_events(Domain& domain, TrapFrame& frame) {
    const VcpuInfo& vcpu = domain.vcpu();
    if (!vcpu.evtchn_upcall_pending || vcpu.evtchn_upcall_mask || !domain.on_event.eip) return;
    const u32 guest = domain.id;
    domain.watchdog.saw_it_alive();
    PROBE("guest.interrupt", guest);
    enter_handler(domain, frame, domain.on_event, nullptr, 0, true);
}

/// set_timer_op(deadline low, high): one event, when system_time gets there. 0: none.
i32 set_timer_op(Domain& domain, TrapFrame& frame) {
    domain.deadline = frame.ebx | u64(frame.ecx) << 32;
    check_timer(domain);
    return 0;
}

// ---- event_channel_op: one function an operation

/// Null if the guest cannot have such a port.
static Channel* find(Domain& domain, u32 port) {
    return port != 0 && port < most_channels ? &domain.channels[port] : nullptr;
}

/// Makes a channel of the lowest port that is closed; 0 if all are in use.
static u32 open(Domain& domain, const Channel& channel) {
    for (u32 port = 1; port < most_channels; ++port) {
        if (domain.channels[port].state != ChannelState::closed) continue;
        domain.channels[port] = channel;
        return port;
    }
    return 0;
}

static i32 bind_timer(Domain& domain, BindVirq& wanted) {
    if (wanted.virq != virq_timer || wanted.vcpu != 0) return EINVAL;
    if (domain.timer_port) return EEXIST;
    wanted.port = domain.timer_port = open(domain, {ChannelState::virq});
    return wanted.port ? 0 : ENOSPC;
}

static i32 allocate(Domain& domain, AllocUnbound& wanted) {
    if (wanted.domain != domain_self && wanted.domain != domain.id) return EPERM;
    const bool own = wanted.remote_domain == domain_self;
    wanted.port = open(domain, {ChannelState::unbound, own ? domain.id : wanted.remote_domain});
    return wanted.port ? 0 : ENOSPC;
}

static i32 bind_to_other(Domain& domain, BindInterdomain& wanted) {
    Domain* const remote = find_domain(wanted.remote_domain);
    if (!remote) return ESRCH;
    Channel* const there = find(*remote, wanted.remote_port);
    if (!there || there->state != ChannelState::unbound || there->remote != domain.id)
        return EINVAL;
    const u32 port = open(domain, {ChannelState::interdomain, remote->id, wanted.remote_port});
    if (!port) return ENOSPC;
    *there = {ChannelState::interdomain, domain.id, port};
    wanted.local_port = port;
    set_pending(domain, port);  // what was sent before anybody was here
    return 0;
}

static i32 send(Domain& domain, u32 port) {
    const Channel* const here = find(domain, port);
    if (!here) return EINVAL;
    if (here->state == ChannelState::unbound) return 0;  // nobody listens yet
    if (here->state != ChannelState::interdomain) return EINVAL;
    const u32 from = domain.id, to = here->remote;
    PROBE("pv.send", from, to, port);
    set_pending(*find_domain(here->remote), here->remote_port);
    return 0;
}

static i32 close(Domain& domain, u32 port) {
    Channel* const here = find(domain, port);
    if (!here || here->state == ChannelState::closed) return EINVAL;
    if (here->state == ChannelState::virq) domain.timer_port = 0;
    if (here->state == ChannelState::interdomain)
        *find(*find_domain(here->remote), here->remote_port) = {ChannelState::unbound, domain.id};
    *here = {};
    domain.shared->evtchn_pending[port / 32] &= ~(1u << (port % 32));
    return 0;
}

static i32 status(Domain& domain, ChannelStatus& answer) {
    if (answer.domain != domain_self && answer.domain != domain.id) return EPERM;
    const Channel* const here = find(domain, answer.port);
    if (!here) return EINVAL;
    const bool timer = here->state == ChannelState::virq;
    answer = {answer.domain,    answer.port, here->state, 0, timer ? virq_timer : here->remote,
              here->remote_port};
    return 0;
}

static i32 unmask(Domain& domain, u32 port) {
    if (!find(domain, port)) return EINVAL;
    domain.shared->evtchn_mask[port / 32] &= ~(1u << (port % 32));
    if (bit_of(domain.shared->evtchn_pending, port)) set_pending(domain, port);
    return 0;
}

/// The structure at `at` goes to `operation` and back, if the guest can take it back.
template <class T>
static i32 with(Domain& domain, u32 at, i32 (*operation)(Domain&, T&)) {
    T argument;
    if (!read_guest(domain, argument, at) || !write_guest(domain, at, argument)) return EFAULT;
    const i32 result = operation(domain, argument);
    if (result == 0) write_guest(domain, at, argument);
    return result;
}

static i32 with(Domain& domain, u32 at, i32 (*operation)(Domain&, u32 port)) {
    ChannelPort channel;
    return read_guest(domain, channel, at) ? operation(domain, channel.port) : EFAULT;
}

/// event_channel_op(command, argument).
i32 event_channel_op(Domain& domain, TrapFrame& frame) {
    switch (frame.ebx) {
        case bind_interdomain: return with(domain, frame.ecx, bind_to_other);
        case bind_virq: return with(domain, frame.ecx, bind_timer);
        case close_channel: return with(domain, frame.ecx, close);
        case send_event: return with(domain, frame.ecx, send);
        case channel_status: return with(domain, frame.ecx, status);
        case alloc_unbound: return with(domain, frame.ecx, allocate);
        case unmask_event: return with(domain, frame.ecx, unmask);
        default: return ENOSYS;
    }
}

void close_channels(Domain& domain) {
    for (u32 port = 1; port < most_channels; ++port) close(domain, port);
}

}  // namespace ringside::pv
