// Event channels. Each has two ends, in two guests, and carries no data: only that it was used.
//
//   guest 0: alloc_unbound(remote 1) = port 1       port 1 of 0: unbound, for guest 1
//   guest 1: bind_interdomain(0, 1) = port 2        port 1 of 0 <--interdomain--> port 2 of 1
//   guest 1: send_event(2)                          pending bit 1 of guest 0 is set
//
// A virtual interrupt is a channel whose other end is the VMM.
#include "scenarios/vmms/common/probe.hpp"
#include "scenarios/vmms/paravirtual/events.hpp"
#include "scenarios/vmms/paravirtual/guest_access.hpp"
#include "scenarios/vmms/paravirtual/hypercalls.hpp"
#include "scenarios/vmms/paravirtual/schedule.hpp"

namespace ringside::pv {

namespace {

/// Null if the guest cannot have such a port.
Channel* find(Domain& domain, u32 port) {
    return port != 0 && port < most_channels ? &domain.channels[port] : nullptr;
}

/// The lowest channel that is closed; 0 if all are in use.
u32 free_port(const Domain& domain) {
    for (u32 port = 1; port < most_channels; ++port)
        if (domain.channels[port].state == ChannelState::closed) return port;
    return 0;
}

i32 bind(Domain& domain, BindVirq& wanted) {
    if (wanted.virq != virq_timer || wanted.vcpu != 0) return EINVAL;
    if (domain.timer_port) return EEXIST;
    wanted.port = free_port(domain);
    if (!wanted.port) return ENOSPC;
    domain.timer_port = wanted.port;
    domain.channels[wanted.port] = {ChannelState::virq};
    return 0;
}

i32 allocate(Domain& domain, AllocUnbound& wanted) {
    if (wanted.domain != domain_self && wanted.domain != domain.id) return EPERM;
    wanted.port = free_port(domain);
    if (!wanted.port) return ENOSPC;
    const bool own = wanted.remote_domain == domain_self;
    domain.channels[wanted.port] = {ChannelState::unbound, own ? domain.id : wanted.remote_domain};
    return 0;
}

i32 bind(Domain& domain, BindInterdomain& wanted) {
    Domain* const remote = find_domain(wanted.remote_domain);
    if (!remote) return ESRCH;
    wanted.local_port = free_port(domain);
    if (!wanted.local_port) return ENOSPC;
    Channel* const there = find(*remote, wanted.remote_port);
    if (!there || there->state != ChannelState::unbound || there->remote != domain.id)
        return EINVAL;
    *there = {ChannelState::interdomain, domain.id, wanted.local_port};
    domain.channels[wanted.local_port] = {ChannelState::interdomain, remote->id,
                                          wanted.remote_port};
    set_pending(domain, wanted.local_port);  // what was sent before anybody was here
    return 0;
}

i32 send(Domain& domain, u32 port) {
    const Channel* const here = find(domain, port);
    if (!here) return EINVAL;
    if (here->state == ChannelState::unbound) return 0;  // nobody listens yet
    if (here->state != ChannelState::interdomain) return EINVAL;
    const u32 from = domain.id, to = here->remote;
    PROBE("pv.send", from, to, port);
    set_pending(*find_domain(here->remote), here->remote_port);
    return 0;
}

i32 status(Domain& domain, ChannelStatus& answer) {
    if (answer.domain != domain_self && answer.domain != domain.id) return EPERM;
    const Channel* const here = find(domain, answer.port);
    if (!here) return EINVAL;
    answer.status = here->state;
    answer.vcpu = 0;
    answer.remote_domain_or_virq = here->state == ChannelState::virq ? virq_timer : here->remote;
    answer.remote_port = here->remote_port;
    return 0;
}

i32 unmask(Domain& domain, u32 port) {
    if (!find(domain, port)) return EINVAL;
    domain.shared->evtchn_mask[port / 32] &= ~(1u << (port % 32));
    if (bit_of(domain.shared->evtchn_pending, port)) set_pending(domain, port);
    return 0;
}

/// The structure at `at` goes to `operation` and back, if the guest can take it back.
template <class T, class Operation>
i32 with(Domain& domain, u32 at, Operation operation) {
    T argument;
    if (!read_guest(domain, argument, at) || !write_guest(domain, at, argument)) return EFAULT;
    const i32 result = operation(domain, argument);
    if (result == 0) write_guest(domain, at, argument);
    return result;
}

}  // namespace

i32 close(Domain& domain, u32 port) {
    Channel* const here = find(domain, port);
    if (!here || here->state == ChannelState::closed) return EINVAL;
    if (here->state == ChannelState::virq) domain.timer_port = 0;
    if (here->state == ChannelState::interdomain)
        *find(*find_domain(here->remote), here->remote_port) = {ChannelState::unbound, domain.id};
    *here = {};
    domain.shared->evtchn_pending[port / 32] &= ~(1u << (port % 32));
    return 0;
}

void close_channels(Domain& domain) {
    for (u32 port = 1; port < most_channels; ++port) close(domain, port);
}

/// event_channel_op(command, argument).
i32 event_channel_op(Domain& domain, vmm::TrapFrame& frame) {
    const u32 at = frame.ecx;
    switch (frame.ebx) {
        case bind_interdomain:
            return with<BindInterdomain>(domain, at, [](auto& d, auto& a) { return bind(d, a); });
        case bind_virq:
            return with<BindVirq>(domain, at, [](auto& d, auto& a) { return bind(d, a); });
        case alloc_unbound: return with<AllocUnbound>(domain, at, allocate);
        case channel_status: return with<ChannelStatus>(domain, at, status);
        default: break;
    }
    ChannelPort channel;
    if (!read_guest(domain, channel, at)) return EFAULT;
    switch (frame.ebx) {
        case close_channel: return close(domain, channel.port);
        case send_event: return send(domain, channel.port);
        case unmask_event: return unmask(domain, channel.port);
        default: return ENOSYS;
    }
}

}  // namespace ringside::pv
