// Time slices in turn, for as long as a guest has something to do.
//
//   every entry into ring 0 --> go_on() --> the same guest: back by the frame on the VMM's stack
//                                  |
//                                  +------> the other: this one's registers are kept in its Domain
#include "scenarios/vmms/paravirtual/parts.hpp"

namespace ringside::pv {

constexpr u32 slice = 10;  // in ticks of the clock: 10 ms

static Domain domains[vmm::most_guests] = {Domain(0), Domain(1)};
static Domain* current = &domains[0];
static u8 end_value = 0;

/// Has it something to do? An event wakes one that is blocked.
static bool runnable(Domain& d) {
    if (d.alive && d.blocked && d.vcpu().evtchn_upcall_pending) d.blocked = false;
    return d.alive && !d.blocked;
}

/// The guest whose turn it is. Waits while none has anything to do.
static Domain& next_domain() {
    for (;;) {
        if (runnable(*current) && current->ticks_left > 0) return *current;
        for (u32 i = 1; i <= vmm::most_guests; ++i) {
            Domain& d = domains[(current->id + i) % vmm::most_guests];
            if (!runnable(d)) continue;
            d.ticks_left = slice;
            return d;
        }
        bool timer_set = false;
        for (const Domain& d : domains) timer_set |= d.alive && d.deadline && d.timer_port;
        if (!timer_set)
            for (Domain& d : domains)
                if (d.alive) crash_domain(d, d.registers, "it waits, and nothing can wake it");
        vmm::cpu::wait_for_interrupt();
    }
}

/// Events first, then registers that the CPU would refuse.
static void prepare(Domain& d, TrapFrame& frame) {
    deliver_events(d, frame);
    make_returnable(d, frame);
}

/// Everything of the CPU's that is a guest's and not in a TrapFrame.
[[noreturn]] static void enter(Domain& next) {
    current = &next;
    const u32 guest = next.id;
    PROBE("pv.switch", guest);
    load_gdt(next);
    vmm::cpu::set_cr3(next.frames.machine_address(next.directory));
    set_direct_ways(next);
    set_task_switched(next, next.task_switched);
    prepare(next, next.registers);
    PROBE("trip.guest");
    vmm::vmm_enter(next.registers);
}

Domain& domain_of_guest(u32 k) { return domains[k]; }
Domain& running() { return *current; }
Domain* find_domain(DomainId id) {
    return id < vmm::most_guests && domains[id].alive ? &domains[id] : nullptr;
}

void count_tick(const TrapFrame& frame) {
    if (current->ticks_left > 0) --current->ticks_left;
    if (!frame.from_guest()) return;  // nobody runs
    if (current->watchdog.tick(!current->vcpu().evtchn_upcall_mask))
        crash_domain(*current, frame, "it keeps its events masked: the watchdog ends it");
}

void go_on(TrapFrame& frame) {
    Domain& last = *current;
    if (last.blocked) last.registers = frame;  // should we have to say where it waits
    Domain& next = next_domain();
    if (&next == &last) return prepare(last, frame);
    last.registers = frame;
    enter(next);
}

void start_guests() { enter(domains[0]); }

/// It is no more. The others go on; after the last one, nothing does.
[[noreturn]] static void remove(Domain& d, u8 value) {
    close_channels(d);
    d.alive = false;
    if (end_value == 0) end_value = value;
    bool anyone = false;
    for (const Domain& one : domains) anyone |= one.alive;
    if (!anyone) vmm::end_machine(end_value);
    enter(next_domain());
}

void end_domain(Domain& d, u8 value) {
    const u32 guest = d.id;
    PROBE("guest.exit", guest, value);
    remove(d, value);
}

void crash_domain(Domain& d, const TrapFrame& frame, const char* why) {
    const u32 guest = d.id, eip = frame.eip;
    PROBE("guest.stopped", guest, eip);
    vmm::report(guest, "the guest is ended at ", vmm::Hex{frame.cs}, ":", vmm::Hex{eip},
                ", vector ", u32(frame.vector), ": ", why);
    remove(d, vmm::failure_exit_value);
}

/// sched_op(command, argument).
i32 sched_op(Domain& domain, TrapFrame& frame) {
    SchedShutdown shutdown;
    switch (frame.ebx) {
        case sched_yield: domain.ticks_left = 0; return 0;
        case sched_block:
            domain.vcpu().evtchn_upcall_mask = 0;
            domain.blocked = true;
            return 0;
        case sched_shutdown:
            if (!read_guest(domain, shutdown, frame.ecx)) return EFAULT;
            if (shutdown.reason == crash) crash_domain(domain, frame, "it says so itself");
            end_domain(domain, u8(shutdown.status));
        default: return ENOSYS;
    }
}

}  // namespace ringside::pv
